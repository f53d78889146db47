"""All that touches the world: Docker, Ansible, processes, files, clocks. The rest sees it through core.ports."""
