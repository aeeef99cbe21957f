"""Other libraries, each in a process of its own."""
