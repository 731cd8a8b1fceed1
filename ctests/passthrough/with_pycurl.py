"""Fetches URLs with pycurl, one after another and then at once: `with_pycurl.py CA-FILE URL...` prints code and size of each."""

import io
import sys

import pycurl


def handle(url):
    curl = pycurl.Curl()
    curl.body = io.BytesIO()
    curl.setopt(curl.URL, url)
    curl.setopt(curl.CAINFO, sys.argv[1])
    curl.setopt(curl.NOPROXY, "*")
    curl.setopt(curl.WRITEDATA, curl.body)
    return curl


def show(curls):
    for curl in curls:
        print(curl.getinfo(curl.RESPONSE_CODE), len(curl.body.getvalue()))


print(pycurl.version)
curls = [handle(url) for url in sys.argv[2:]]
for one in curls:
    one.perform()
show(curls)

curls = [handle(url) for url in sys.argv[2:]]
multi = pycurl.CurlMulti()
for one in curls:
    multi.add_handle(one)
running = True
while running:
    _, running = multi.perform()
    multi.select(1.0)
_, done, failed = multi.info_read()
assert not failed, failed
show(curls)
