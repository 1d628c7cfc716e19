"""What is measured on held-out texts: scores, the rule for mixed texts, and what the training texts are like."""
