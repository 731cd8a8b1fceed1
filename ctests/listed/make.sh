#!/bin/sh
# Made chain.pem: a server's certificate with its key, and its issuer's, with what CURLOPT_CERTINFO lists. They are fixed, so that the
# lists of two libraries can be compared line by line.
set -eu
rm -f chain.pem
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 36500 -subj '/C=SE/O=Example, Inc./OU=Tést/CN=Listed Root' \
  -addext 'basicConstraints=critical,CA:TRUE,pathlen:3' -addext 'keyUsage=critical,keyCertSign,cRLSign' -utf8
openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj '/C=SE/O=Example/emailAddress=a@b.example/CN=localhost'
cat > extensions <<'X'
basicConstraints=CA:FALSE
keyUsage=digitalSignature,keyEncipherment,decipherOnly
extendedKeyUsage=serverAuth,clientAuth
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
subjectAltName=DNS:localhost,DNS:*.b.example,IP:127.0.0.1,email:a@b.example,URI:https://b.example/
X
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -set_serial 0x8123456789abcdef -days 36500 -sha384 -extfile extensions -out server.pem
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ec.key -out ec.pem -days 36500 -subj '/CN=ec' -set_serial 5
cat server.key server.pem ca.pem ec.pem > chain.pem
rm -f ca.key ca.pem server.key server.csr server.pem extensions ec.key ec.pem
