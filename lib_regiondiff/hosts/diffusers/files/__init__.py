"""Files of weights: headers and tensors, read without running what they hold."""
