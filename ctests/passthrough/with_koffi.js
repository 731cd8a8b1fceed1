// Fetches URLs with libcurl through the npm package koffi, one after another: `with_koffi.js CA-FILE URL...` prints code and size of each.
const koffi = require('koffi')

const CURLOPT = { WRITEFUNCTION: 20011, URL: 10002, CAINFO: 10065, NOPROXY: 10177 }
const CURLINFO_RESPONSE_CODE = 0x200002

const curl = koffi.load('libcurl.so.4')
const Write = koffi.proto('size_t Write(void *data, size_t size, size_t count, void *user)')
const version = curl.func('const char *curl_version()')
const init = curl.func('void *curl_easy_init()')
const setopt = curl.func('int curl_easy_setopt(void *handle, int option, ...)')
const perform = curl.func('int curl_easy_perform(void *handle)')
const getinfo = curl.func('int curl_easy_getinfo(void *handle, int info, _Out_ long *value)')
const cleanup = curl.func('void curl_easy_cleanup(void *handle)')

const [caFile, ...urls] = process.argv.slice(2)
console.log(version())
for (const url of urls) {
  let size = 0
  const write = koffi.register((_data, one, count) => {
    size += Number(one) * Number(count)
    return one * count
  }, koffi.pointer(Write))
  const handle = init()
  setopt(handle, CURLOPT.URL, 'str', url)
  setopt(handle, CURLOPT.CAINFO, 'str', caFile)
  setopt(handle, CURLOPT.NOPROXY, 'str', '*')
  setopt(handle, CURLOPT.WRITEFUNCTION, 'Write *', write)
  const result = perform(handle)
  const code = [null]
  getinfo(handle, CURLINFO_RESPONSE_CODE, code)
  console.log(result === 0 ? `${code[0]} ${size}` : `failed with ${result}`)
  cleanup(handle)
  koffi.unregister(write)
}
