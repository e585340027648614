"""Articles with references, from tables and folders."""
