// Echo servers with compression, made of the package `ws`. Each argument, `BITS:TAKEOVER`, is one: window size and whether
// context is taken over. Prints a port for each, and serves until its standard input ends.
const { WebSocketServer } = require('ws');

function serve(setting) {
  const [bits, takeover] = setting.split(':').map(Number);
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    maxPayload: 0,
    perMessageDeflate: {
      serverNoContextTakeover: !takeover,
      clientNoContextTakeover: !takeover,
      serverMaxWindowBits: bits,
      clientMaxWindowBits: bits,
      threshold: 0,
    },
  });
  server.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary, compress: true }));
    socket.on('error', (error) => console.error(setting, error.message));
  });
  return new Promise((resolve) => server.on('listening', () => resolve(server.address().port)));
}

Promise.all(process.argv.slice(2).map(serve)).then((ports) => {
  console.log(ports.join(' '));
  process.stdin.on('end', () => process.exit()).resume();
});
