"""Several processes on one host behind one port: a supervisor that starts, watches and replaces workers.

The supervisor loads no model and answers no request. It keeps the sockets and the memory that the workers share, so that
neither a connection that waits to be accepted nor a count is lost with a worker.
"""
