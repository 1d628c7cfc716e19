#!/bin/bash
# Exits with 0 if the service in this container is ready. Bash speaks TCP itself: starting a Python every few seconds would
# cost more than the service does while nobody asks it.
host=${GATECAST_HOST:-127.0.0.1}
port=${GATECAST_PORT:-8000}
if [ -n "$GATECAST_TLS_CERT_FILE" ]; then
  # the service is asked whether it is ready, not who it is: its certificate is for other names
  exec python -c 'import ssl, sys, urllib.request
urllib.request.urlopen(sys.argv[1], timeout=2, context=ssl._create_unverified_context())' "https://$host:$port/readyz"
fi
exec 3<>"/dev/tcp/$host/$port" || exit 1
printf 'GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
read -r -t 2 _ status _ <&3
[ "$status" = 200 ]
