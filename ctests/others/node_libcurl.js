// WebSockets with node-libcurl: both modes, and many at a time in libuv's loop. Usage: node node_libcurl.js PYTHON ECHO_SERVER.py
const assert = require('node:assert/strict')
const { spawn } = require('node:child_process')
const { once } = require('node:events')
const { setTimeout: sleep } = require('node:timers/promises')
const { Curl, CurlCode, CurlReadFunc, CurlWs, Easy, Multi } = require('node-libcurl')

const AGAIN = CurlCode.CURLE_AGAIN
const PONG = 1 << 6 // node-libcurl's own CurlWs.Pong has another value than curl.h
const LARGE = Buffer.alloc(300000, 'all work and no play ')

// `work` on an open WebSocket of CONNECT_ONLY 2.
async function connected(url, work) {
  const easy = new Easy()
  easy.setOpt(Curl.option.URL, url)
  easy.setOpt(Curl.option.CONNECT_ONLY, 2)
  assert.equal(easy.perform(), CurlCode.CURLE_OK)
  await work(easy)
  easy.close()
}

async function send(easy, data, flags) {
  for (let at = 0; ; await sleep(1)) {
    const { code, bytesSent } = easy.wsSend(data.subarray(at), flags)
    at += bytesSent
    if (at === data.length && code === CurlCode.CURLE_OK) return
    assert.ok(code === AGAIN || code === CurlCode.CURLE_OK, `wsSend: ${code}`)
  }
}

async function receive(easy) {
  const buffer = Buffer.alloc(65536)
  const parts = []
  for (;;) {
    const { code, bytesReceived, meta } = easy.wsRecv(buffer)
    if (code === AGAIN) {
      await sleep(1)
      continue
    }
    assert.equal(code, CurlCode.CURLE_OK)
    parts.push(Buffer.from(buffer.subarray(0, bytesReceived)))
    if (Number(meta.bytesleft) === 0) return { data: Buffer.concat(parts), flags: Number(meta.flags) }
  }
}

async function echoes(easy, data, flags) {
  await send(easy, data, flags)
  const frame = await receive(easy)
  assert.ok(frame.data.equals(data))
  return frame.flags
}

const tests = {
  'the library is wscurl': () => assert.match(Curl.getVersion(), /wscurl\//),

  'text, binary, ping and close': (url) =>
    connected(`${url}/echo`, async (easy) => {
      assert.equal(await echoes(easy, Buffer.from('hello'), CurlWs.Text), CurlWs.Text)
      assert.equal(await echoes(easy, LARGE, CurlWs.Binary), CurlWs.Binary)
      assert.equal(await echoes(easy, Buffer.from('are you there?'), CurlWs.Ping), PONG)
      assert.equal(await echoes(easy, Buffer.from([3, 232]), CurlWs.Close), CurlWs.Close)
    }),

  'fragments': (url) =>
    connected(`${url}/echo`, async (easy) => {
      await send(easy, Buffer.from('one '), CurlWs.Text | CurlWs.Cont)
      await send(easy, Buffer.from('two'), CurlWs.Text)
      assert.equal((await receive(easy)).data.toString(), 'one two')
    }),

  'wsMeta in the write callback': (url) => {
    const easy = new Easy()
    const seen = []
    let sent = false
    easy.setOpt(Curl.option.URL, `${url}/echo`)
    easy.setOpt(Curl.option.UPLOAD, true)
    easy.setOpt(Curl.option.READFUNCTION, (buffer) => {
      if (sent) return CurlReadFunc.Pause
      sent = true
      return buffer.write('from the read callback')
    })
    easy.setOpt(Curl.option.WRITEFUNCTION, (data) => {
      seen.push({ text: data.toString(), flags: Number(easy.wsMeta().flags) })
      return 0 // ends the transfer
    })
    assert.equal(easy.perform(), CurlCode.CURLE_WRITE_ERROR)
    assert.deepEqual(seen, [{ text: 'from the read callback', flags: CurlWs.Binary }])
    easy.close()
  },

  'a failed handshake says why': () => {
    const easy = new Easy()
    easy.setOpt(Curl.option.URL, 'ws://127.0.0.1:1/')
    assert.equal(easy.perform(), CurlCode.CURLE_COULDNT_CONNECT)
    easy.close()
  },

  '50 transfers in one multi handle': async (url) => {
    const multi = new Multi()
    const transfers = Array.from({ length: 50 }, () => {
      const easy = new Easy()
      easy.setOpt(Curl.option.URL, `${url}/greeting`)
      easy.setOpt(Curl.option.WRITEFUNCTION, (data, size, count) => {
        easy.greeting ??= data.toString() // the CLOSE frame comes after it
        return size * count
      })
      return multi.perform(easy)
    })
    for (const easy of await Promise.all(transfers)) {
      assert.equal(easy.greeting, 'hello')
      multi.removeHandle(easy)
      easy.close()
    }
    multi.close()
  },
}

async function main(python, server) {
  const echo = spawn(python, [server], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [port] = await once(echo.stdout, 'data')
  let passed = 0
  let failed = 0
  for (const [name, test] of Object.entries(tests)) {
    try {
      await test(`ws://127.0.0.1:${parseInt(port)}`)
      passed++
      console.log(`ok   ${name}`)
    } catch (error) {
      failed++
      console.log(`FAIL ${name}: ${error.stack}`)
    }
  }
  echo.stdin.end()
  console.log(`${passed} passed, ${failed} failed`)
  process.exit(failed > 0 ? 1 : 0)
}

main(...process.argv.slice(2))
