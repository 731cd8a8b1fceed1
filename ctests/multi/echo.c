/* A small WebSocket server on epoll for the multi tests: it echoes frames. Prints its port, runs until its stdin ends.

   By path:  /silent accepts and never answers   /close answers, then closes   /flood sends without end   else echoes */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = 16384 };

struct connection {
  int fd, upgraded, flood;
  size_t length;
  unsigned char *bytes; /* only while a frame or a head is not whole */
};

static int set;

/* ---- SHA-1 and base64, for Sec-WebSocket-Accept */

static uint32_t rotate(uint32_t word, int bits) { return word << bits | word >> (32 - bits); }

static void sha1_block(uint32_t state[5], const unsigned char *block)
{
  uint32_t word[80], a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
  for(int i = 0; i < 16; i++)
    word[i] = (uint32_t)block[4 * i] << 24 | block[4 * i + 1] << 16 | block[4 * i + 2] << 8 | block[4 * i + 3];
  for(int i = 16; i < 80; i++)
    word[i] = rotate(word[i - 3] ^ word[i - 8] ^ word[i - 14] ^ word[i - 16], 1);
  for(int i = 0; i < 80; i++) {
    uint32_t f, k;
    if(i < 20) f = (b & c) | (~b & d), k = 0x5a827999;
    else if(i < 40) f = b ^ c ^ d, k = 0x6ed9eba1;
    else if(i < 60) f = (b & c) | (b & d) | (c & d), k = 0x8f1bbcdc;
    else f = b ^ c ^ d, k = 0xca62c1d6;
    uint32_t next = rotate(a, 5) + f + e + k + word[i];
    e = d, d = c, c = rotate(b, 30), b = a, a = next;
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e;
}

static void accept_value(const char *key, size_t key_length, char out[29])
{
  static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  unsigned char text[128] = { 0 };
  uint32_t state[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };
  size_t length = key_length + sizeof(guid) - 1;
  memcpy(text, key, key_length);
  memcpy(text + key_length, guid, sizeof(guid) - 1);
  text[length] = 0x80;
  text[126] = (unsigned char)(length * 8 >> 8);
  text[127] = (unsigned char)(length * 8);
  sha1_block(state, text);
  sha1_block(state, text + 64);
  unsigned char hash[21] = { 0 };
  for(int i = 0; i < 20; i++)
    hash[i] = (unsigned char)(state[i / 4] >> (24 - 8 * (i % 4)));
  for(int i = 0; i < 7; i++) {
    uint32_t group = (uint32_t)hash[3 * i] << 16 | hash[3 * i + 1] << 8 | hash[3 * i + 2];
    for(int j = 0; j < 4; j++)
      out[4 * i + j] = digits[group >> (18 - 6 * j) & 63];
  }
  out[27] = '=';
  out[28] = 0;
}

/* ---- connections */

static void drop(struct connection *c)
{
  close(c->fd);
  free(c->bytes);
  free(c);
}

static int send_all(int fd, const void *bytes, size_t length)
{
  for(const char *at = bytes; length;) {
    ssize_t sent = send(fd, at, length, MSG_NOSIGNAL);
    if(sent < 0 && errno != EAGAIN)
      return -1;
    if(sent < 0) {
      usleep(1000);
      continue;
    }
    at += sent;
    length -= (size_t)sent;
  }
  return 0;
}

static int upgrade(struct connection *c)
{
  char *text = (char *)c->bytes, value[29], answer[256];
  char *end = memmem(text, c->length, "\r\n\r\n", 4);
  if(!end)
    return c->length == ROOM ? -1 : 0;
  if(!strncmp(text, "GET /silent", 11)) {
    c->length = 0;
    return 0;
  }
  *end = 0;
  char *key = strcasestr(text, "\r\nsec-websocket-key:");
  if(!key)
    return -1;
  key += 20;
  key += strspn(key, " ");
  accept_value(key, strcspn(key, " \r\n"), value);
  int length = snprintf(answer, sizeof(answer),
                        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Accept: %s\r\n\r\n", value);
  if(send_all(c->fd, answer, (size_t)length) || !strncmp(text, "GET /close", 10))
    return -1;
  c->upgraded = 1;
  if(!strncmp(text, "GET /flood", 10)) {
    struct epoll_event event = { .events = EPOLLIN | EPOLLOUT, .data.ptr = c };
    c->flood = 1;
    epoll_ctl(set, EPOLL_CTL_MOD, c->fd, &event);
  }
  c->length -= (size_t)(end + 4 - text);
  memmove(text, end + 4, c->length);
  return 1;
}

/* Sends the first frame back, unmasked: 1 if there was one. */
static int echo(struct connection *c)
{
  unsigned char *in = c->bytes, head[4];
  size_t at = 2, length = c->length < 2 ? 0 : in[1] & 127;
  if(c->length < 6)
    return 0;
  if(length == 126)
    length = (size_t)in[2] << 8 | in[3], at = 4;
  if(length == 127 || length + at + 4 > ROOM)
    return -1;
  if(c->length < at + 4 + length)
    return 0;
  unsigned char *mask = in + at, *payload = in + at + 4;
  for(size_t i = 0; i < length; i++)
    payload[i] ^= mask[i & 3];
  int code = in[0] & 15;
  head[0] = code == 9 ? 0x8a : in[0];
  head[1] = length < 126 ? (unsigned char)length : 126;
  head[2] = (unsigned char)(length >> 8);
  head[3] = (unsigned char)length;
  size_t head_length = length < 126 ? 2 : 4;
  unsigned char *frame = payload - head_length;
  memcpy(frame, head, head_length);
  if(send_all(c->fd, frame, head_length + length) || code == 8)
    return -1;
  c->length -= at + 4 + length;
  memmove(in, in + at + 4 + length, c->length);
  return 1;
}

static int receive(struct connection *c)
{
  if(!c->bytes && !(c->bytes = malloc(ROOM)))
    return -1;
  ssize_t count = recv(c->fd, c->bytes + c->length, ROOM - c->length, 0);
  if(count <= 0)
    return count < 0 && errno == EAGAIN ? 0 : -1;
  c->length += (size_t)count;
  int more = 1;
  while(more > 0)
    more = c->upgraded ? echo(c) : upgrade(c);
  if(!more && !c->length) {
    free(c->bytes);
    c->bytes = NULL;
  }
  return more;
}

static int flood(struct connection *c)
{
  static unsigned char frame[4 + 8192] = { 0x82, 126, 0x20, 0x00 };
  if(send(c->fd, frame, sizeof(frame), MSG_NOSIGNAL) < 0)
    return errno == EAGAIN ? 0 : -1;
  return 0;
}

int main(int argc, char **argv)
{
  struct rlimit limit;
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  socklen_t size = sizeof(address);
  struct epoll_event events[256], event = { .events = EPOLLIN };
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
  signal(SIGPIPE, SIG_IGN);
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if(argc > 1)
    address.sin_port = htons((uint16_t)atoi(argv[1]));
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if(bind(listener, (struct sockaddr *)&address, size) || listen(listener, 4096) ||
     getsockname(listener, (struct sockaddr *)&address, &size))
    return perror("echo: listening"), 1;
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  set = epoll_create1(0);
  event.data.ptr = NULL;
  epoll_ctl(set, EPOLL_CTL_ADD, listener, &event);
  event.data.ptr = &on; /* stdin: its end is ours */
  epoll_ctl(set, EPOLL_CTL_ADD, 0, &event);
  for(;;) {
    int count = epoll_wait(set, events, 256, -1);
    for(int i = 0; i < count; i++) {
      struct connection *c = events[i].data.ptr;
      char byte;
      if(c == (void *)&on) {
        if(read(0, &byte, 1) <= 0)
          return 0;
      }
      else if(!c) {
        int fd;
        while((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
          setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
          c = calloc(1, sizeof(*c));
          c->fd = fd;
          event.data.ptr = c;
          epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
        }
      }
      else if((events[i].events & ~EPOLLOUT && receive(c) < 0) || (c->flood && flood(c) < 0))
        drop(c);
    }
  }
}
