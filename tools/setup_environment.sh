#!/usr/bin/env bash
# Make the empty virtual environment that `make demo` and `make test` use. Says in one line what is missing, if anything is.
set -euo pipefail
venv=$1
python=${PYTHON:-python3.11}
command -v "$python" >/dev/null || python=python3
if ! "$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
    echo "Python 3.11 is needed (Blender's bpy wheels are made for it); install it or name it: make PYTHON=/path/to/python3.11" >&2
    exit 1
fi
install_packages() {  # as root on Debian or Ubuntu: install; otherwise say what to install
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get -qq update
        DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "$@" >/dev/null
    else
        echo "These system packages are missing; install them and run make again: $*" >&2
        exit 1
    fi
}
"$python" -c 'import ensurepip, venv' 2>/dev/null || install_packages python3-venv
missing=()
while read -r library package; do
    ldconfig -p 2>/dev/null | grep -q "$library" || /sbin/ldconfig -p 2>/dev/null | grep -q "$library" || missing+=("$package")
done <<'LIBRARIES'
libX11.so.6 libx11-6
libXrender.so.1 libxrender1
libXfixes.so.3 libxfixes3
libXi.so.6 libxi6
libxkbcommon.so.0 libxkbcommon0
libSM.so.6 libsm6
libGL.so.1 libgl1
libgomp.so.1 libgomp1
libEGL.so.1 libegl1
LIBRARIES
[ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}"
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
