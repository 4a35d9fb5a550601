"""Hosts: the programs that own weights and text encoders, each behind the few verbs of `host.py`.

In comes a palette with a job's texts and size; a host has it planned and asks its own network for the plan's views. Out
go latents or pictures, and HostError for what a host can't do. `webui` lives inside a WebUI and lends its sampler a
prediction, `diffusers` loads a model itself; `row_budget` and
`token_places` serve both.
"""
