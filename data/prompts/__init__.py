"""Prompts for targets that draw pictures: with slots, from files, and the rules of benchmarks."""
