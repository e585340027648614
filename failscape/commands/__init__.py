"""One file per subcommand of ``failscape``; each has ``add(parsers)`` and a function that runs it."""
