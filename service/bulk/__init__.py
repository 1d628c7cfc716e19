"""Files of any size through a model: read in batches, scored in several processes, written in order, in constant memory.

A run that is stopped, even by `kill -9`, goes on where it was when it is started again (`journal.py`).
"""
