"""The theory of docs/recurrent_networks.md as code that can be read beside it: recurrent cells and their gradients in NumPy.

One sequence at a time, vectors as columns, one line of code for each formula. Nothing here serves or trains a model.
`python -m training.theory` draws the pictures of the page.
"""
