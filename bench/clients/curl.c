#include "curl.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void curl_check(const char *what, CURLcode code)
{
  if(code)
    fail(what, curl_easy_strerror(code));
}

CURL *curl_handle(const struct job *job)
{
  char url[256];
  CURL *curl = curl_easy_init();
  snprintf(url, sizeof(url), "%s://127.0.0.1:%d%s", job->ca ? "wss" : "ws", job->port, job->path);
  curl_check("URL", curl_easy_setopt(curl, CURLOPT_URL, url));
  curl_check("NOSIGNAL", curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L));
  if(job->ca)
    curl_check("CAINFO", curl_easy_setopt(curl, CURLOPT_CAINFO, job->ca));
#ifdef WSCURL_VERSION_NUM
  if(job->compress)
    curl_check("WS_OPTIONS", curl_easy_setopt(curl, CURLOPT_WS_OPTIONS, (long)CURLWS_COMPRESS));
#endif
  return curl;
}

static void connect_and_close(const struct job *job, long count)
{
  for(long i = 0; i < count; i++) {
    CURL *curl = curl_handle(job);
    curl_check("CONNECT_ONLY", curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 2L));
    curl_check("perform", curl_easy_perform(curl));
    curl_easy_cleanup(curl);
  }
}

/* A handle for each connection: connect, upgrade, close. */
void run_connect(const struct job *job)
{
  connect_and_close(job, job->warm);
  measure_begin();
  connect_and_close(job, job->count);
  measure_end();
  report(job->count, 0, 1);
}

int main(int argc, char **argv)
{
  struct job job = job_parse(argc, argv);
  curl_check("global_init", curl_global_init(CURL_GLOBAL_ALL));
  memory_mark();
  if(!strcmp(job.work, "hop"))
    run_hop(&job);
  else if(!strcmp(job.work, "connect"))
    run_connect(&job);
  else if(!strcmp(job.api, "callbacks"))
    run_callbacks(&job);
  else
    run_connect_only(&job);
  return 0;
}
