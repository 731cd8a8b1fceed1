#include "client.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void text_append(struct text *text, const void *bytes, size_t length)
{
  if(text->length + length + 1 > text->room) {
    text->room = 2 * (text->length + length + 1);
    text->bytes = realloc(text->bytes, text->room);
    if(!text->bytes)
      abort();
  }
  if(length)
    memcpy(text->bytes + text->length, bytes, length);
  text->length += length;
  text->bytes[text->length] = 0;
}

int is_strict(void)
{
  return !getenv("AUTOBAHN_DEFAULT");
}

CURL *case_handle(const char *path)
{
  const char *server = getenv("AUTOBAHN_URL");
  char url[256];
  CURL *curl = curl_easy_init();
  if(!server || !curl) {
    fprintf(stderr, "AUTOBAHN_URL is not set: see run.sh\n");
    exit(2);
  }
  snprintf(url, sizeof(url), "%s%s", server, path);
  curl_easy_setopt(curl, CURLOPT_URL, url);
  curl_easy_setopt(curl, CURLOPT_WS_OPTIONS, is_strict() ? CURLWS_COMPRESS | CURLWS_STRICT : CURLWS_COMPRESS);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, 300L);
  return curl;
}

static void run_path(const char *path, case_runner run, struct text *last)
{
  CURL *curl = case_handle(path);
  run(curl, last);
  curl_easy_cleanup(curl);
}

int run_cases(const char *agent, case_runner run)
{
  struct text answer = { NULL, 0, 0 };
  char path[256];
  long number, count;

  curl_global_init(CURL_GLOBAL_DEFAULT);
  run_path("/getCaseCount", run, &answer);
  count = answer.bytes ? strtol(answer.bytes, NULL, 10) : 0;
  free(answer.bytes);
  for(number = 1; number <= count; number++) {
    snprintf(path, sizeof(path), "/runCase?case=%ld&agent=%s", number, agent);
    run_path(path, run, NULL);
  }
  snprintf(path, sizeof(path), "/updateReports?agent=%s", agent);
  run_path(path, run, NULL);
  curl_global_cleanup();
  printf("%s: %ld cases\n", agent, count);
  return count < 1;
}
