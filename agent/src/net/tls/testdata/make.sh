#!/bin/sh
# Makes the certificates of the tests anew, with one key for all of them: it protects nothing.
# `openssl ca` for the sake of its fixed dates: the tests hold whatever the clock says.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
touch "$work/index"
cat > "$work/config" <<END
[ca]
default_ca = test
[test]
database = $work/index
new_certs_dir = $work
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
[any]
commonName = supplied
[ca_cert]
basicConstraints = critical, CA:true
[own-ca]
basicConstraints = critical, CA:true
subjectAltName = DNS:localhost
[server]
subjectAltName = DNS:localhost, DNS:api, IP:127.0.0.1
[client]
extendedKeyUsage = clientAuth
END
openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out test.key
# Name, extensions (none: X.509 version 1), last day, and who signs.
sign() {
    openssl req -new -key test.key -subj "/CN=$1" -out "$work/request"
    openssl ca -batch -notext -config "$work/config" -in "$work/request" -out "$1.crt" -keyfile test.key \
        ${2:+-extensions "$2"} -startdate 20200101000000Z -enddate "$3" $4
}
sign ca ca_cert 21200101000000Z -selfsign
sign own-ca own-ca 21200101000000Z -selfsign
sign version-1 "" 21200101000000Z -selfsign
sign server server 21200101000000Z "-cert ca.crt"
sign expired server 20210101000000Z "-cert ca.crt"
sign client client 21200101000000Z "-cert ca.crt"
# Of a key that ring does not read, which nobody keeps.
openssl req -x509 -newkey rsa:1024 -nodes -keyout "$work/rsa" -subj /CN=localhost -addext subjectAltName=DNS:localhost \
    -days 36500 -out rsa-1024.crt
