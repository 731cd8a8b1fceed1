/* The share interface: codes, locks, and handles in several threads with names and TLS sessions in common. */
#include "common.h"
#include <pthread.h>

enum { THREADS = 4, HANDLES = 10 };

static pthread_mutex_t locks[CURL_LOCK_DATA_LAST];
static int taken[CURL_LOCK_DATA_LAST], given[CURL_LOCK_DATA_LAST];

static void on_lock(CURL *easy, curl_lock_data data, curl_lock_access access, void *user)
{
  CHECK(user == locks && access != CURL_LOCK_ACCESS_NONE);
  (void)easy;
  pthread_mutex_lock(&locks[data]);
  taken[data]++;
}

static void on_unlock(CURL *easy, curl_lock_data data, void *user)
{
  CHECK(user == locks);
  (void)easy;
  given[data]++;
  pthread_mutex_unlock(&locks[data]);
}

static void *run(void *share)
{
  for(int i = 0; i < HANDLES; i++) {
    CURL *easy = curl_easy_init();
    const struct curl_ws_frame *meta;
    char buffer[16], address[64];
    struct curl_slist *resolve;
    size_t size;
    snprintf(address, sizeof(address), "share.test:%d:127.0.0.1", server_port);
    resolve = curl_slist_append(NULL, address);
    snprintf(address, sizeof(address), "ws://share.test:%d/echo", server_port);
    curl_easy_setopt(easy, CURLOPT_URL, address);
    curl_easy_setopt(easy, CURLOPT_RESOLVE, resolve);
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 2L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    CHECK_IS(curl_easy_setopt(easy, CURLOPT_SHARE, share), CURLE_OK);
    CHECK_IS(curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS), CURLSHE_IN_USE);
    CHECK_IS(curl_easy_perform(easy), CURLE_OK);
    CHECK_IS(curl_ws_send(easy, "hello", 5, &size, 0, CURLWS_TEXT), CURLE_OK);
    CURLcode code;
    while((code = curl_ws_recv(easy, buffer, sizeof(buffer), &size, &meta)) == CURLE_AGAIN)
      usleep(100);
    CHECK(code == CURLE_OK && size == 5);
    curl_easy_cleanup(easy);
    curl_slist_free_all(resolve);
  }
  return NULL;
}

int main(int argc, char **argv)
{
  pthread_t threads[THREADS];
  CURLSH *share;
  CURL *easy;
  (void)argc;
  start_server(argv[0]);
  curl_global_init(CURL_GLOBAL_ALL);
  share = curl_share_init();
  for(int i = 0; i < CURL_LOCK_DATA_LAST; i++)
    pthread_mutex_init(&locks[i], NULL);
  printf("share: %d %d", curl_share_setopt(share, CURLSHOPT_LOCKFUNC, on_lock),
         curl_share_setopt(share, CURLSHOPT_UNLOCKFUNC, on_unlock));
  printf(" %d", curl_share_setopt(share, CURLSHOPT_USERDATA, (void *)locks));
  for(int data = CURL_LOCK_DATA_COOKIE; data <= CURL_LOCK_DATA_CONNECT; data++)
    printf(" %d", curl_share_setopt(share, CURLSHOPT_SHARE, data));
  printf(" %d", curl_share_setopt(share, CURLSHOPT_SHARE, 77));
  printf(" %d", curl_share_setopt(share, 99, 1));
  printf(" %d", curl_share_setopt(NULL, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS));
  curl_share_setopt(share, CURLSHOPT_UNSHARE, CURL_LOCK_DATA_CONNECT);
  printf(" %d\n", curl_share_cleanup(NULL));
  easy = curl_easy_init();
  CHECK_IS(curl_easy_setopt(easy, CURLOPT_SHARE, share), CURLE_OK);
  CURL *copy = curl_easy_duphandle(easy); /* not with the share */
  printf("in use: %d", curl_share_cleanup(share));
  curl_easy_reset(easy);
  printf(" %d", curl_share_cleanup(share));
  curl_easy_setopt(easy, CURLOPT_SHARE, NULL);
  printf(", free: %d\n", curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS));
  curl_easy_cleanup(easy);
  curl_easy_cleanup(copy);
  for(int i = 0; i < THREADS; i++)
    CHECK(!pthread_create(&threads[i], NULL, run, share));
  for(int i = 0; i < THREADS; i++)
    pthread_join(threads[i], NULL);
  for(int i = 0; i < CURL_LOCK_DATA_LAST; i++)
    CHECK_IS(taken[i], given[i]);
  CHECK(taken[CURL_LOCK_DATA_DNS] >= THREADS * HANDLES);
  printf("end: %d\n", curl_share_cleanup(share));
  curl_global_cleanup();
  return 0;
}
