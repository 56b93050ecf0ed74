# Shared by the scripts beside it: source it, never run it.
# shellcheck shell=bash
set -euo pipefail

root_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
data_dir=$root_dir/.data

# Progress goes to stderr, so that a script's stdout can be read by another program.
say() { printf '%s\n' "foyer: $*" >&2; }
fail() {
    printf '%s\n' "foyer: $*" >&2
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }
is_root() { [ "$(id -u)" -eq 0 ]; }

# Runs a command, with its name before it and its time after it.
step() {
    local name=$1 start=$SECONDS status=0
    shift
    say "$name …"
    "$@" || status=$?
    if [ "$status" -eq 0 ]; then
        say "$name: done in $((SECONDS - start)) s"
    else
        say "$name: failed after $((SECONDS - start)) s (exit code $status)"
    fi
    return "$status"
}

# port_is_taken PORT: somebody listens on it on the loopback interface.
port_is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# free_port FROM: the first port from FROM on that nobody listens on.
free_port() {
    local port=$1
    while port_is_taken "$port"; do
        port=$((port + 1))
        [ "$port" -lt 65535 ] || fail "no free port from $1 on"
    done
    printf '%s\n' "$port"
}

random_hex() { od -An -v -tx1 -N "$1" /dev/urandom | tr -d ' \n'; }

# The key that FOYER_SECRET_KEY_FILE names, made once.
make_secret_key() {
    if [ -s "$FOYER_SECRET_KEY_FILE" ]; then return; fi
    mkdir -p "$(dirname "$FOYER_SECRET_KEY_FILE")"
    (umask 077 && random_hex 32 >"$FOYER_SECRET_KEY_FILE")
}

# hold_lock NAME WHAT: keeps `.data/NAME.lock` until this process ends, or says who has it.
# Children that may outlive the script must be started with `{lock_fd}>&-`.
hold_lock() {
    mkdir -p "$data_dir"
    exec {lock_fd}>>"$data_dir/$1.lock"
    flock --nonblock "$lock_fd" ||
        fail "$2 is already running in this folder (process $(cat "$data_dir/$1.lock")). Stop it first, or use another clone."
    printf '%s\n' "$$" >"$data_dir/$1.lock"
}

# Where rustup could not download, scripts/bootstrap has linked another toolchain and says so here.
if [ -z "${RUSTUP_TOOLCHAIN:-}" ] && [ -s "$data_dir/rust-toolchain" ]; then
    RUSTUP_TOOLCHAIN=$(cat "$data_dir/rust-toolchain")
    export RUSTUP_TOOLCHAIN
fi
