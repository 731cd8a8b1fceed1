/* Arguments as programs pass them to the variadic functions: none of these may warn. */

#include <stdio.h>
#include <curl/curl.h>

static size_t write_cb(char *data, size_t size, size_t count, void *user)
{
  (void)data, (void)user;
  return size * count;
}

static size_t write_unlike(const void *data, size_t size, size_t count, FILE *user)
{
  (void)data, (void)user;
  return size * count;
}

static int progress(void *user, double a, double b, double c, double d)
{
  (void)user, (void)a, (void)b, (void)c, (void)d;
  return 0;
}

struct program {
  int number;
};

void program(CURL *h, CURLM *m, CURLSH *s, CURLoption variable, struct program *mine);

void program(CURL *h, CURLM *m, CURLSH *s, CURLoption variable, struct program *mine)
{
  static char error[CURL_ERROR_SIZE];
  char url[] = "ws://localhost/";
  const char *host = "localhost";
  unsigned char bytes[4] = {0, 0, 0, 0};
  struct curl_slist *list = NULL;
  struct curl_blob blob = {NULL, 0, CURL_BLOB_COPY};
  char *text;
  const char *const_text;
  long number;
  double seconds;
  curl_off_t size;
  curl_socket_t fd;
  void *anything;
  struct curl_certinfo *certificates;
  struct curl_tlssessioninfo *session;

  curl_easy_setopt(h, CURLOPT_URL, url);
  curl_easy_setopt(h, CURLOPT_URL, "wss://localhost/");
  curl_easy_setopt(h, CURLOPT_REFERER, host);
  curl_easy_setopt(h, CURLOPT_POSTFIELDS, bytes);
  curl_easy_setopt(h, CURLOPT_USERAGENT, NULL);
  curl_easy_setopt(h, CURLOPT_PORT, 9001L);
  curl_easy_setopt(h, CURLOPT_PORT, (unsigned long)9001);
  curl_easy_setopt(h, CURLOPT_WS_OPTIONS, CURLWS_RAW_MODE | CURLWS_NOAUTOPONG);
  curl_easy_setopt(h, CURLOPT_HTTPAUTH, CURLAUTH_BASIC | CURLAUTH_BEARER);
  curl_easy_setopt(h, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2 | CURL_SSLVERSION_MAX_TLSv1_3);
  curl_easy_setopt(h, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)1);
  curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, write_cb);
  curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, &write_unlike);
  curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, fwrite);
  curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, NULL);
  curl_easy_setopt(h, CURLOPT_READFUNCTION, fread);
  curl_easy_setopt(h, CURLOPT_PROGRESSFUNCTION, progress);
  curl_easy_setopt(h, CURLOPT_WRITEDATA, stdout);
  curl_easy_setopt(h, CURLOPT_WRITEDATA, mine);
  curl_easy_setopt(h, CURLOPT_PRIVATE, 7);
  curl_easy_setopt(h, CURLOPT_PRIVATE, &mine->number);
  curl_easy_setopt(h, CURLOPT_STDERR, stderr);
  curl_easy_setopt(h, CURLOPT_ERRORBUFFER, error);
  curl_easy_setopt(h, CURLOPT_HTTPHEADER, list);
  curl_easy_setopt(h, CURLOPT_CAINFO_BLOB, &blob);
  curl_easy_setopt(h, CURLOPT_SHARE, s);
  curl_easy_setopt(h, variable, 7);

  curl_easy_getinfo(h, CURLINFO_EFFECTIVE_URL, &text);
  curl_easy_getinfo(h, CURLINFO_EFFECTIVE_URL, &const_text);
  curl_easy_getinfo(h, CURLINFO_PRIVATE, &mine);
  curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &number);
  curl_easy_getinfo(h, CURLINFO_TOTAL_TIME, &seconds);
  curl_easy_getinfo(h, CURLINFO_TOTAL_TIME_T, &size);
  curl_easy_getinfo(h, CURLINFO_ACTIVESOCKET, &fd);
  curl_easy_getinfo(h, CURLINFO_SSL_ENGINES, &list);
  curl_easy_getinfo(h, CURLINFO_CERTINFO, &certificates);
  curl_easy_getinfo(h, CURLINFO_TLS_SSL_PTR, &session);
  curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, NULL);
  curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, anything = &number);

  curl_multi_setopt(m, CURLMOPT_MAXCONNECTS, 8L);
  curl_multi_setopt(m, CURLMOPT_SOCKETDATA, mine);
  curl_share_setopt(s, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
  (void)anything;
}
