"""A teacher too large to serve, for a GPU: language models both ways, and judges of reviews that begin as these.

Stacked LSTMs learn to foretell the next word of all texts (as AWD-LSTM, Merity et al., 2018), and then, with what the labels
say and an adversary beside, what a review says of its subject (Howard and Ruder, 2018; Miyato, Dai and Goodfellow, 2017).
On JAX, and apart from the networks that are served: nothing here is exported but answers, as logits of texts.
"""
