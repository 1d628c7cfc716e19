"""What is learnt from: the parts of the data, their split, made-up texts, and texts as token numbers and batches."""
