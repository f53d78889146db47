"""Callback plugins for ansible-playbook, which finds them by their folder."""
