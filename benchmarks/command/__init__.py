"""The command line's parts: options, a session, what it asks of an experiment, report, and comparison."""
