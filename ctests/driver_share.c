/* The driver's share handle, with locks that are checked, and its HSTS callbacks. */
#include "driver_share.h"
#include <stdlib.h>
#include <string.h>

#define MAX_HOSTS 8

static CURLSH *share;
static long lock_calls[CURL_LOCK_DATA_LAST];
static bool held[CURL_LOCK_DATA_LAST];
static int held_count;

/* A lock that is taken twice would be a deadlock. */
static void lock(CURL *curl, curl_lock_data data, curl_lock_access access, void *user)
{
    (void)curl;
    (void)access;
    (void)user;
    if(held[data])
        abort();
    held[data] = true;
    held_count++;
    lock_calls[data]++;
}

static void unlock(CURL *curl, curl_lock_data data, void *user)
{
    (void)curl;
    (void)user;
    if(!held[data])
        abort();
    held[data] = false;
    held_count--;
}

static void share_command(const struct call *call)
{
    begin_result("share");
    if(!share) {
        share = curl_share_init();
        curl_share_setopt(share, CURLSHOPT_LOCKFUNC, lock);
        curl_share_setopt(share, CURLSHOPT_UNLOCKFUNC, unlock);
        for(int i = 1; i < call->words->count; i++)
            curl_share_setopt(share, CURLSHOPT_SHARE, atoi(call->words->at[i].text));
    }
    printf(" code=%d", (int)curl_easy_setopt(call->curl, CURLOPT_SHARE, share));
}

static void unshare_command(const struct call *call)
{
    begin_result("unshare");
    printf(" code=%d", (int)curl_easy_setopt(call->curl, CURLOPT_SHARE, NULL));
}

static void locks_command(const struct call *call)
{
    int data = atoi(call->words->at[1].text);
    begin_result("locks");
    printf(" calls=%ld held=%d", lock_calls[data], held_count);
}

void free_share(void)
{
    if(share && curl_share_cleanup(share))
        abort();
    share = NULL;
}

static struct {
    char name[256];
    char expires[24];
    bool subdomains;
    bool fails;
} hosts[MAX_HOSTS];
static int host_count, hosts_read;

static void hsts_command(const struct call *call)
{
    const struct words *words = call->words;
    begin_result("hsts");
    if(host_count == MAX_HOSTS)
        return;
    snprintf(hosts[host_count].name, sizeof(hosts[0].name), "%s", words->at[1].text);
    hosts[host_count].fails = words->count < 4;
    if(words->count >= 4) {
        hosts[host_count].subdomains = atoi(words->at[2].text) != 0;
        snprintf(hosts[host_count].expires, sizeof(hosts[0].expires), "%s", words->at[3].text);
    }
    host_count++;
    hosts_read = 0;
}

static void check_handle(CURL *curl, const void *user)
{
    if(((const struct slot *)user)->curl != curl)
        abort();
}

static CURLSTScode read_hsts(CURL *curl, struct curl_hstsentry *entry, void *user)
{
    check_handle(curl, user);
    if(hosts_read == host_count) {
        hosts_read = 0;
        return CURLSTS_DONE;
    }
    if(hosts[hosts_read].fails)
        return CURLSTS_FAIL;
    snprintf(entry->name, entry->namelen, "%s", hosts[hosts_read].name);
    snprintf(entry->expire, sizeof(entry->expire), "%s", hosts[hosts_read].expires);
    entry->includeSubDomains = hosts[hosts_read].subdomains;
    hosts_read++;
    return CURLSTS_OK;
}

static CURLSTScode write_hsts(CURL *curl, struct curl_hstsentry *entry, struct curl_index *place, void *user)
{
    check_handle(curl, user);
    printf("! hsts");
    print_text("name", entry->name);
    printf(" namelen=%zu subdomains=%d", entry->namelen, (int)entry->includeSubDomains);
    print_text("expires", entry->expire);
    printf(" index=%zu total=%zu\n", place->index, place->total);
    return CURLSTS_OK;
}

bool set_hsts_callback(struct slot *slot, CURLoption option, const char *value, CURLcode *code)
{
    bool on = !strcmp(value, "on");
    CURLoption data = CURLOPT_HSTSREADDATA;
    if(option == CURLOPT_HSTSREADFUNCTION)
        *code = curl_easy_setopt(slot->curl, option, on ? read_hsts : NULL);
    else if(option == CURLOPT_HSTSWRITEFUNCTION) {
        *code = curl_easy_setopt(slot->curl, option, on ? write_hsts : NULL);
        data = CURLOPT_HSTSWRITEDATA;
    }
    else
        return false;
    if(!*code)
        *code = curl_easy_setopt(slot->curl, data, slot);
    return true;
}

const struct command share_commands[] = {
    { "share", 0, share_command },
    { "unshare", 0, unshare_command },
    { "locks", 1, locks_command },
    { "hsts", 1, hsts_command },
    { NULL, 0, NULL },
};
