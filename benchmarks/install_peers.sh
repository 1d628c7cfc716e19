#!/bin/sh
# Creates one virtual environment per peer in ${GATECAST_PEERS:-.bench-peers}, all with the same TensorFlow.
#   benchmarks/install_peers.sh              all of them
#   benchmarks/install_peers.sh bentoml ray  these
set -eu
home=${GATECAST_PEERS:-.bench-peers}
python=${PYTHON:-python3.11}
tensorflow="tensorflow-cpu==2.21.0"

packages() {
    case $1 in
        # MLServer 1.7.1 gets its event loop in a way that uvloop 0.22 removed
        mlserver) echo "mlserver==1.7.1 uvloop<0.22" ;;
        bentoml) echo "bentoml==1.4.39" ;;
        litserve) echo "litserve==0.2.19" ;;
        ray) echo "ray[serve]==2.60.0" ;;
        *) echo "unknown peer '$1'; known are mlserver bentoml litserve ray" >&2; exit 2 ;;
    esac
}

[ $# -gt 0 ] || set -- mlserver bentoml litserve ray
for peer in "$@"; do
    requirements=$(packages "$peer")
    "$python" -m venv "$home/$peer"
    # no quotes: the shell must split the words into one argument per requirement
    # shellcheck disable=SC2086
    "$home/$peer/bin/python" -m pip install --quiet --disable-pip-version-check "$tensorflow" $requirements
    echo "$peer: $home/$peer"
done
