#!/usr/bin/env bash
# Starts a private server in a folder of its own, prints its URL once it answers, and stops it when standard input ends.
# Until then each line there, "stop" or "start", is done and said again on standard output.
# No port is opened: it listens on a socket in that folder. Exit code 3: there is no such server here.
set -eu
cd /

as() { # as another user, where PostgreSQL refuses to be run by root
    if [ "$1" = postgres ] && [ "$(id -u)" = 0 ]; then
        shift
        runuser -u postgres -- "$@"
    else
        shift
        "$@"
    fi
}

answers() {
    for _ in $(seq 200); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.1
    done
    echo "the server does not answer:" >&2
    cat "$dir.log" >&2
    exit 1
}

dir=
trap '[ -z "$dir" ] || rm -rf "$dir" "$dir.log"' EXIT
case $1 in
    postgres)
        # Debian keeps the server's programs away from the path.
        bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
        bin=${bin:-$(dirname "$(command -v postgres || echo /)")}
        [ -x "$bin/initdb" ] || exit 3
        dir=$(as postgres env -u TMPDIR mktemp -d -t passkeeper-postgres-XXXXXX)
        as postgres "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C -N >"$dir.log" 2>&1
        start() {
            as postgres "$bin/postgres" -D "$dir/data" -c listen_addresses= -c unix_socket_directories="$dir" \
                -c fsync=off -c full_page_writes=off -c max_connections=200 >>"$dir.log" 2>&1 </dev/null &
            answers "$bin/pg_isready" -q -h "$dir"
        }
        start
        stop() { as postgres "$bin/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1; }
        echo "postgres:///postgres?host=$dir&user=postgres"
        ;;
    redis)
        command -v redis-server >/dev/null || exit 3
        dir=$(mktemp -d -t passkeeper-redis-XXXXXX)
        start() {
            redis-server --port 0 --unixsocket "$dir/redis.sock" --save '' --dir "$dir" >>"$dir.log" 2>&1 </dev/null &
            answers redis-cli -s "$dir/redis.sock" ping
        }
        start
        stop() { redis-cli -s "$dir/redis.sock" shutdown nosave >/dev/null 2>&1; }
        echo "redis+unix://$dir/redis.sock"
        ;;
esac

trap '' INT TERM
while read -r command; do
    case $command in
        stop) stop && wait ;;
        start) start ;;
    esac
    echo "$command"
done
stop || true
wait
