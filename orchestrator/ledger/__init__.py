"""The ledger: the workload that numbers its writes and remembers every answer, in a process of its own.

Its own process, so that nothing the engine does looks like an outage; it ends at once when its stdin closes.

    __main__      puts the pieces together; `python -m orchestrator.ledger`
    conversation  commands in, status and replies out, outcomes to the files
    workers       the threads: writers and the reader, each with a connection of its own
    pace          when a worker acts next
    statistics    what the status says
    files         the folder, in the form of reports.facts.ledger
    endpoint      where the service is at this moment
    clients/      one per software, and the sockets they share
"""
