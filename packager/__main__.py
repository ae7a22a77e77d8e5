"""`python -m packager` is the command `packager`."""

from packager.cli.main import main

if __name__ == "__main__":
    main()
