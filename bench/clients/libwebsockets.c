/* libwebsockets: its own event loop, everything in its callback. Messages are copied before they are sent, since they are
   masked in place and the program keeps its data, as with every client here. */
#include "job.h"
#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFER = 65536 };

static struct job job;
static struct lws_context *context;
static struct lws **connections;
static char *messages;
static unsigned char *output; /* with the room in front that lws_write asks for */
static size_t size_to_send;
static long to_send, received, opened, closed;

static void send_some(struct lws *wsi)
{
  enum lws_write_protocol kind = job.text ? LWS_WRITE_TEXT : LWS_WRITE_BINARY;
  while(to_send) {
    memcpy(output + LWS_PRE, job_next(&job, messages), size_to_send);
    if(lws_write(wsi, output + LWS_PRE, size_to_send, kind) < 0)
      fail("lws_write", "failed");
    to_send--;
    if(lws_send_pipe_choked(wsi))
      break;
  }
  if(to_send)
    lws_callback_on_writable(wsi);
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
  (void)user;
  (void)length;
  switch(reason) {
  case LWS_CALLBACK_CLIENT_ESTABLISHED:
    opened++;
    if(job.work[0] == 'c')
      lws_callback_on_writable(wsi);
    break;
  case LWS_CALLBACK_CLIENT_RECEIVE:
    if(lws_is_final_fragment(wsi) && !lws_remaining_packet_payload(wsi))
      received++;
    break;
  case LWS_CALLBACK_CLIENT_WRITEABLE:
    if(job.work[0] == 'c')
      return -1;
    send_some(wsi);
    break;
  case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
    fail("connect", in ? in : "failed");
    break;
  case LWS_CALLBACK_CLIENT_CLOSED:
    closed++;
    if(job.work[0] != 'c')
      fail("connection", "closed");
    break;
  default:
    break;
  }
  return 0;
}

static struct lws_protocols protocols[] = {
  { .name = "bench", .callback = callback, .rx_buffer_size = BUFFER },
  { .name = NULL },
};

static const struct lws_extension extensions[] = {
  { "permessage-deflate", lws_extension_callback_pm_deflate, "permessage-deflate; client_max_window_bits" },
  { NULL, NULL, NULL },
};

static void create_context(void)
{
  struct lws_context_creation_info info = {
    .port = CONTEXT_PORT_NO_LISTEN,
    .protocols = protocols,
    .pt_serv_buf_size = BUFFER,
    .options = job.ca ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0,
    .client_ssl_ca_filepath = job.ca,
    .extensions = job.compress ? extensions : NULL,
  };
  lws_set_log_level(LLL_ERR, NULL);
  context = lws_create_context(&info);
  if(!context)
    fail("lws_create_context", "failed");
}

static void connect_to_server(struct lws **wsi)
{
  struct lws_client_connect_info info = {
    .context = context,
    .address = "127.0.0.1",
    .host = "127.0.0.1",
    .origin = "127.0.0.1",
    .port = job.port,
    .path = job.path,
    .ssl_connection = job.ca ? LCCSCF_USE_SSL | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK : 0,
    .local_protocol_name = "bench",
    .pwsi = wsi,
  };
  if(!lws_client_connect_via_info(&info))
    fail("lws_client_connect_via_info", "failed");
}

static void serve_until(const long *counter, long value)
{
  while(*counter < value)
    if(lws_service(context, 0) < 0)
      fail("lws_service", "failed");
}

static void send_messages(struct lws *wsi, size_t size, long count)
{
  size_to_send = size;
  to_send = count;
  lws_callback_on_writable(wsi);
}

static void echo(struct lws *wsi)
{
  send_messages(wsi, job.size, 1);
  serve_until(&received, received + 1);
}

static void phase(long count, long until)
{
  switch(job.work[0]) {
  case 'p':
    while(count--)
      echo(connections[0]);
    break;
  case 's':
    send_messages(connections[0], job.size, count);
    serve_until(&received, received + 1);
    break;
  default:
    serve_until(&received, until);
  }
}

static void run_stream(void)
{
  memory_mark();
  connect_to_server(&connections[0]);
  serve_until(&opened, 1);
  phase(job.warm, job.warm);
  measure_begin();
  if(job.work[0] == 'r')
    send_messages(connections[0], 1, 1);
  phase(job.count, job.warm + job.count);
  measure_end();
  report(job.count, job.size * (size_t)job.count, 1);
}

/* One echo after the other, each on another connection. */
static void run_hop(void)
{
  for(int i = 0; i < job.connections; i++) {
    connect_to_server(&connections[i]);
    serve_until(&opened, i + 1);
    echo(connections[i]);
    if(!i)
      memory_mark();
  }
  for(long i = 0; i < job.warm; i++)
    echo(connections[i * 7919 % job.connections]);
  measure_begin();
  for(long i = 0; i < job.count; i++)
    echo(connections[i * 7919 % job.connections]);
  measure_end();
  report(job.count, job.size * (size_t)job.count, job.connections > 1 ? job.connections - 1 : 1);
}

static void connect_and_close(long count)
{
  while(count--) {
    connect_to_server(&connections[0]);
    serve_until(&closed, closed + 1);
  }
}

static void run_connect(void)
{
  connect_and_close(job.warm);
  measure_begin();
  connect_and_close(job.count);
  measure_end();
  report(job.count, 0, 1);
}

int main(int argc, char **argv)
{
  job = job_parse(argc, argv);
  messages = job_messages(&job);
  output = malloc(LWS_PRE + job.size);
  connections = calloc((size_t)job.connections, sizeof(*connections));
  create_context();
  switch(job.work[0]) {
  case 'h':
    run_hop();
    break;
  case 'c':
    run_connect();
    break;
  default:
    run_stream();
  }
  return 0;
}
