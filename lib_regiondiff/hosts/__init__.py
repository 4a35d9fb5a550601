"""Hosts: the programs that own weights and text encoders, each behind the few verbs of `host.py`."""
