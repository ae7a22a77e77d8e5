"""What the host tells about itself: log lines that carry the invocation they belong to."""
