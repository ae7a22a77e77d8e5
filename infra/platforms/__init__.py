"""Systems that make documents true, one file each."""
