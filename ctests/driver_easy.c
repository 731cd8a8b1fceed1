/* The driver's commands for the easy interface. */
#include "driver_easy.h"
#include "driver_callbacks.h"
#include "driver_info.h"
#include "driver_share.h"
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>

#define MAX_FILES 8

static FILE *files[MAX_FILES];
static int file_count;

static FILE *open_file(const char *path)
{
    if(file_count == MAX_FILES)
        return NULL;
    FILE *file = fopen(path, "w");
    if(file)
        setvbuf(file, NULL, _IONBF, 0);
    files[file_count++] = file;
    return file;
}

static CURLcode set_list(struct slot *slot, CURL *curl, CURLoption option, const struct words *words)
{
    struct curl_slist *list = NULL;
    for(int i = 2; i < words->count; i++)
        list = curl_slist_append(list, words->at[i].text);
    if(slot && slot->list_count < MAX_LISTS)
        slot->lists[slot->list_count++] = list;
    return curl_easy_setopt(curl, option, list);
}

static CURLcode set_pointer(struct slot *slot, CURL *curl, CURLoption option, const struct word *value)
{
    if(!strncmp(value->text, "file:", 5))
        return curl_easy_setopt(curl, option, open_file(value->text + 5));
    if(!strcmp(value->text, "self"))
        return curl_easy_setopt(curl, option, option == CURLOPT_ERRORBUFFER ? (void *)slot->error : (void *)slot);
    return curl_easy_setopt(curl, option, (void *)(uintptr_t)strtoull(value->text, NULL, 0));
}

static CURLcode set_blob(CURL *curl, CURLoption option, const struct word *value)
{
    struct blob data = parse_data(value);
    struct curl_blob blob = { data.bytes, data.len, CURL_BLOB_COPY };
    CURLcode code = curl_easy_setopt(curl, option, &blob);
    free(data.bytes);
    return code;
}

static CURLcode set_option(struct slot *slot, CURL *curl, const struct words *words)
{
    const struct curl_easyoption *option = curl_easy_option_by_name(words->at[1].text);
    const struct word *value = &words->at[2];
    CURLcode code;
    if(!option)
        return curl_easy_setopt(curl, (CURLoption)atoi(words->at[1].text), 0L);
    if(slot && (set_callback(slot, option->id, value->text, &code) || set_hsts_callback(slot, option->id, value->text, &code)))
        return code;
    if(!strcmp(value->text, "NULL"))
        return curl_easy_setopt(curl, option->id, NULL);
    switch(option->type) {
    case CURLOT_LONG:
    case CURLOT_VALUES:
        return curl_easy_setopt(curl, option->id, strtol(value->text, NULL, 0));
    case CURLOT_OFF_T:
        return curl_easy_setopt(curl, option->id, (curl_off_t)strtoll(value->text, NULL, 0));
    case CURLOT_STRING:
        return curl_easy_setopt(curl, option->id, value->text);
    case CURLOT_SLIST:
        return set_list(slot, curl, option->id, words);
    case CURLOT_BLOB:
        return set_blob(curl, option->id, value);
    default:
        return set_pointer(slot, curl, option->id, value);
    }
}

static void init_command(const struct call *call)
{
    struct slot *slot = call->slot;
    begin_result("init");
    if(!slot) {
        print_unknown();
        return;
    }
    slot->curl = curl_easy_init();
    memset(slot->tally, 0, sizeof(slot->tally));
    slot->tally[ON_DEBUG].quiet = slot->tally[ON_XFERINFO].quiet = slot->tally[ON_PROGRESS].quiet = true;
    slot->error[0] = '\0';
    curl_easy_setopt(slot->curl, CURLOPT_ERRORBUFFER, slot->error);
    printf(" ok=%d", slot->curl != NULL);
}

static void duplicate_command(const struct call *call)
{
    struct slot *copy = slot_number(call->words->count > 1 ? atoi(call->words->at[1].text) : 1);
    begin_result("dup");
    if(!copy)
        return;
    copy->curl = curl_easy_duphandle(call->curl);
    printf(" ok=%d", copy->curl != NULL);
}

static void poll_command(const struct call *call)
{
    long timeout = atol(call->words->at[1].text);
    bool out = call->words->count > 2 && !strcmp(call->words->at[2].text, "out");
    bool ready = wait_socket(call->curl, out ? POLLOUT : POLLIN, timeout);
    begin_result("poll");
    printf(" ready=%d", ready);
}

static void select_command(const struct call *call)
{
    long timeout = atol(call->words->at[1].text);
    curl_socket_t fd = active_socket(call->curl);
    int ready = -1;
    if(fd != CURL_SOCKET_BAD) {
        struct timeval time = { timeout / 1000, (timeout % 1000) * 1000 };
        fd_set set;
        FD_ZERO(&set);
        FD_SET(fd, &set);
        ready = select(fd + 1, &set, NULL, NULL, &time);
    }
    begin_result("select");
    printf(" ready=%d", ready);
}

static void easy_recv_command(const struct call *call)
{
    size_t size = (size_t)atol(call->words->at[1].text), n = 0;
    long long until = now_ms() + number_option(call->words, "wait", 0);
    char *buffer = malloc(size ? size : 1);
    CURLcode code = curl_easy_recv(call->curl, buffer, size, &n);
    while(code == CURLE_AGAIN && now_ms() < until) {
        wait_socket(call->curl, POLLIN, (long)(until - now_ms()));
        code = curl_easy_recv(call->curl, buffer, size, &n);
    }
    print_code("easy_recv", code);
    printf(" n=%zu", n);
    if(!code)
        print_data(buffer, n);
    free(buffer);
}

static void easy_send_command(const struct call *call)
{
    struct blob data = parse_data(&call->words->at[1]);
    size_t n = 0;
    print_code("easy_send", curl_easy_send(call->curl, data.bytes, data.len, &n));
    printf(" n=%zu", n);
    free(data.bytes);
}

static unsigned int header_origin(const char *name)
{
    return !strcmp(name, "1xx")       ? CURLH_1XX
           : !strcmp(name, "trailer") ? CURLH_TRAILER
           : !strcmp(name, "connect") ? CURLH_CONNECT
           : !strcmp(name, "pseudo")  ? CURLH_PSEUDO
                                      : CURLH_HEADER;
}

static void print_header(const struct curl_header *header)
{
    print_text("name", header->name);
    print_text("value", header->value);
    printf(" amount=%zu index=%zu origin=%u", header->amount, header->index,
           header->origin & 0xff); /* libcurl marks its answers with a bit of its own above */
}

static void header_command(const struct call *call)
{
    struct curl_header *header = NULL;
    unsigned int origin = header_origin(call->words->count > 2 ? call->words->at[2].text : "header");
    CURLHcode code = curl_easy_header(call->curl, call->words->at[1].text, (size_t)number_option(call->words, "index", 0), origin,
                                      (int)number_option(call->words, "request", -1), &header);
    begin_result("header");
    printf(" code=%d", (int)code);
    if(!code)
        print_header(header);
}

static void next_headers_command(const struct call *call)
{
    struct curl_header *header = NULL;
    unsigned int origin = header_origin(call->words->count > 1 ? call->words->at[1].text : "header");
    begin_result("headers");
    printf(" names=");
    while((header = curl_easy_nextheader(call->curl, origin, -1, header)) != NULL)
        printf("%s,", header->name);
}

static void escape_command(const struct call *call)
{
    const struct word *word = &call->words->at[1];
    char *text = curl_easy_escape(call->curl, word->text, (int)word->len);
    begin_result("escape");
    print_text("value", text);
    curl_free(text);
}

static void unescape_command(const struct call *call)
{
    const struct word *word = &call->words->at[1];
    int len = -1;
    char *text = curl_easy_unescape(call->curl, word->text, (int)word->len, &len);
    begin_result("unescape");
    printf(" n=%d", len);
    print_text("value", text);
    curl_free(text);
}

static void reset_tally(struct slot *slot)
{
    for(int kind = 0; kind < KINDS; kind++) {
        slot->tally[kind].calls = 0;
        slot->tally[kind].bytes = 0;
        slot->tally[kind].crc = 0;
        slot->tally[kind].largest = 0;
    }
}

/* What curl_easy_perform does, by a multi handle. */
static CURLcode perform_in_multi(CURL *curl)
{
    CURLM *multi = curl_multi_init();
    CURLcode code = CURLE_FAILED_INIT;
    int running = curl_multi_add_handle(multi, curl) == CURLM_OK, left;
    while(running && curl_multi_perform(multi, &running) == CURLM_OK && running)
        curl_multi_poll(multi, NULL, 0, 1000, NULL);
    for(CURLMsg *message; (message = curl_multi_info_read(multi, &left)) != NULL;)
        code = message->data.result;
    curl_multi_remove_handle(multi, curl);
    curl_multi_cleanup(multi);
    return code;
}

/* perform [by=multi] */
static void perform_command(const struct call *call)
{
    const char *by = option_word(call->words, "by");
    if(call->slot && !call->slot->calls_deep)
        reset_tally(call->slot);
    long long started = now_ms();
    CURLcode code = by && !strcmp(by, "multi") ? perform_in_multi(call->curl) : curl_easy_perform(call->curl);
    long long took = now_ms() - started;
    print_code("perform", code);
    printf(" ms=%lld", took);
    if(code)
        print_error(call->slot);
}

static void setopt_command(const struct call *call)
{
    print_code("setopt", set_option(call->slot, call->curl, call->words));
}

static void cleanup_command(const struct call *call)
{
    curl_easy_cleanup(call->curl);
    if(call->slot && !call->slot->calls_deep)
        call->slot->curl = NULL;
    begin_result("cleanup");
}

static void reset_command(const struct call *call)
{
    curl_easy_reset(call->curl);
    begin_result("reset");
}

static void pause_command(const struct call *call)
{
    int bits = atoi(call->words->at[1].text);
    if(call->slot)
        call->slot->paused = bits != CURLPAUSE_CONT;
    print_code("pause", curl_easy_pause(call->curl, bits));
}

static void upkeep_command(const struct call *call)
{
    print_code("upkeep", curl_easy_upkeep(call->curl));
}

static void close_files_command(const struct call *call)
{
    (void)call;
    while(file_count) {
        if(files[--file_count])
            fclose(files[file_count]);
    }
    begin_result("close_files");
}

const struct command easy_commands[] = {
    { "init", 0, init_command },
    { "perform", 0, perform_command },
    { "setopt", 2, setopt_command },
    { "getinfo", 1, getinfo_command },
    { "cleanup", 0, cleanup_command },
    { "reset", 0, reset_command },
    { "dup", 0, duplicate_command },
    { "pause", 1, pause_command },
    { "upkeep", 0, upkeep_command },
    { "poll", 1, poll_command },
    { "select", 1, select_command },
    { "easy_recv", 1, easy_recv_command },
    { "easy_send", 1, easy_send_command },
    { "header", 1, header_command },
    { "headers", 0, next_headers_command },
    { "escape", 1, escape_command },
    { "unescape", 1, unescape_command },
    { "close_files", 0, close_files_command },
    { NULL, 0, NULL },
};
