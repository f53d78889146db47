"""What a drill is evidence for: controls of frameworks as data, and what of each a run's record shows.

`*.yaml` beside this file: one framework each. A mapping says how much it covers and what it does not cover; nothing
here says that an organisation meets a framework.
"""
