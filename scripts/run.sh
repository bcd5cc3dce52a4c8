#!/bin/bash
# `make run`: a working server in one command. Everything it makes stands in one directory (BARID_DATA, ./barid-data).
# Started again it keeps everything. Ports: 1143, 1993 (IMAP), 1110, 1995 (POP3), 1024 (LMTP).
set -eu
cd "$(dirname "$0")/.."
barid=${BARID:-build/barid}
data=${BARID_DATA:-./barid-data}
account=${BARID_ACCOUNT:-me}
password=

fail() { # exit-code sentence
	echo "barid: $2" >&2
	exit "$1"
}

make_settings() {
	mkdir -p "$data" 2>/dev/null || fail 73 "$data cannot be made: choose another directory with BARID_DATA=DIR make run"
	[ -w "$data" ] || fail 73 "$data cannot be written: change its owner, or choose another directory with BARID_DATA=DIR make run"
	chmod 700 "$data"
	[ -e "$data/barid.conf" ] || cat >"$data/barid.conf" <<-CONF
		# Settings of this Barid; 'barid settings' tells of them all. Every line may be left out.
		data_dir = $(realpath "$data")
		hostname = localhost
		imap_listen = 127.0.0.1:1143
		imaps_listen = 127.0.0.1:1993
		pop3_listen = 127.0.0.1:1110
		pop3s_listen = 127.0.0.1:1995
		lmtp_listen = 127.0.0.1:1024
		$([ "$(id -u)" = 0 ] && id nobody >/dev/null 2>&1 && echo "user = nobody")
	CONF
}

make_account() {
	"$barid" account show "$account" --data "$data" >/dev/null 2>&1 && return
	password=$("$barid" account add "$account" --generate --data "$data" | sed -n 's/^password: //p')
}

settings() {
	cat <<-TEXT

		Barid is running. Settings for your mail program:

		  user name   $account
		  password    ${password:-(as given at the first start; a new one: $barid account passwd $account --data $data)}
		  IMAP        localhost, port 1993 with TLS   (or 1143 with STARTTLS)
		  POP3        localhost, port 1995 with TLS   (or 1110 with STARTTLS)
		  LMTP        localhost, port 1024            (deliveries from a mail transfer agent)

		The certificate is self-signed: your mail program asks once whether to trust it.

		Try it:
		  curl -k -u $account:${password:-PASSWORD} 'imaps://localhost:1993/INBOX;MAILINDEX=1'
		  neomutt -f imaps://$account@localhost:1993/INBOX

		Mail and accounts are kept in $data. Ctrl-C stops the server.

	TEXT
}

make_settings
"$barid" check --data "$data" --quiet
make_account
"$barid" serve --data "$data" &
server=$!
trap 'kill -TERM $server 2>/dev/null || true' INT TERM
for _ in $(seq 100); do
	kill -0 $server 2>/dev/null || break
	"$barid" status --data "$data" >/dev/null 2>&1 && break
	sleep 0.1
done
if kill -0 $server 2>/dev/null; then
	if [ -n "$password" ]; then
		"$barid" deliver --data "$data" --from "welcome@localhost" "$account" <share/welcome.eml
	fi
	settings
elif [ -n "$password" ]; then
	# nobody has seen its password
	"$barid" account remove "$account" --yes --data "$data" || true
fi
# a signal ends the first wait; the second waits for the server to finish
code=0
wait $server || code=$?
if kill -0 $server 2>/dev/null; then
	code=0
	wait $server || code=$?
fi
exit $code
