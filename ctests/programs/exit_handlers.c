/*
 * Handles that are closed, or opened, when a thread or the process ends: sends a CLOSE frame and cleans up in an atexit handler or in the
 * destructor of a pthread key. With `late` the connection itself is opened there, and another one was used and closed before.
 * Usage: exit_handlers atexit|key [late] URL CAINFO
 */
#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *url, *ca;
static pthread_key_t key;
static CURL *global;
static int late;

static int connect_handle(CURL *curl)
{
    size_t n;
    CURLcode code;
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CAINFO, ca);
    curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 2L);
    code = curl_easy_perform(curl);
    if(!code)
        code = curl_ws_send(curl, "hello", 5, &n, 0, CURLWS_TEXT);
    return (int)code;
}

static void finish(void *handle)
{
    static const unsigned char going_away[] = { 1001 >> 8, 1001 & 0xff };
    CURL *curl = handle;
    size_t n = 0;
    if(late)
        printf("late %d\n", connect_handle(curl));
    printf("close %d", (int)curl_ws_send(curl, going_away, sizeof(going_away), &n, 0, CURLWS_CLOSE));
    printf(" %d\n", (int)n);
    curl_easy_cleanup(curl);
    fflush(stdout);
}

static void finish_global(void)
{
    finish(global);
}

/* What the thread does before it ends; the handle that is left. */
static CURL *begin(void)
{
    CURL *curl = curl_easy_init();
    printf("connect %d\n", connect_handle(curl));
    if(late) {
        curl_easy_cleanup(curl);
        curl = curl_easy_init();
    }
    return curl;
}

static void *thread(void *unused)
{
    (void)unused;
    pthread_setspecific(key, begin());
    return NULL;
}

int main(int argc, char **argv)
{
    if(argc < 4)
        return 2;
    late = !strcmp(argv[2], "late");
    url = argv[2 + late];
    ca = argv[3 + late];
    if(!strcmp(argv[1], "key")) {
        pthread_t one;
        if(pthread_key_create(&key, finish) || pthread_create(&one, NULL, thread, NULL))
            return 2;
        pthread_join(one, NULL);
        return 0;
    }
    atexit(finish_global);
    global = begin();
    return 0;
}
