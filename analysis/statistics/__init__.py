"""Statistics: rates, intervals, tests, paired effects."""
