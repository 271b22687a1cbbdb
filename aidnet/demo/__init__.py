"""An invented network, built through the services: real districts and townships, invented villages, groups and people."""
