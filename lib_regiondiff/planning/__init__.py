"""Planning: a palette, a job and a host come in; a plan goes out: what the network is asked at each level."""
