"""Files as people export them: what kind they are, how they are written, and what in them is data.

Parsers do the work: the csv module, charset-normalizer, pandas, calamine and pyarrow. The modules here only decide and explain.
"""
