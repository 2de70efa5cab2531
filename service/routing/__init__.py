"""What a router in front of several replicas knows of prompts: which beginnings were sent where."""
