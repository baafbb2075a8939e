"""Databases that live for one run: started for a test or a benchmark, gone when the program that asked is gone."""
