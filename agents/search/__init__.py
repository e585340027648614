"""Explorers without networks: bandits, Bayesian optimisation, tree search, random and exhaustive ones."""
