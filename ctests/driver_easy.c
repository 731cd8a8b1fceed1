/* The driver's commands for the easy interface. */
#include "driver.h"
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

static void close_files(void)
{
    while(file_count) {
        if(files[--file_count])
            fclose(files[file_count]);
    }
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
    if(slot && set_callback(slot, option->id, value->text, &code))
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

static void init_command(struct slot *slot)
{
    slot->curl = curl_easy_init();
    memset(slot->tally, 0, sizeof(slot->tally));
    slot->tally[ON_DEBUG].quiet = slot->tally[ON_XFERINFO].quiet = slot->tally[ON_PROGRESS].quiet = true;
    slot->error[0] = '\0';
    curl_easy_setopt(slot->curl, CURLOPT_ERRORBUFFER, slot->error);
    begin_result("init");
    printf(" ok=%d", slot->curl != NULL);
}

static void duplicate_command(CURL *curl, const struct words *words)
{
    struct slot *copy = slot_number(words->count > 1 ? atoi(words->at[1].text) : 1);
    begin_result("dup");
    if(!copy)
        return;
    copy->curl = curl_easy_duphandle(curl);
    printf(" ok=%d", copy->curl != NULL);
}

static curl_socket_t active_socket(CURL *curl)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    curl_easy_getinfo(curl, CURLINFO_ACTIVESOCKET, &fd);
    return fd;
}

bool wait_socket(CURL *curl, short events, long timeout_ms)
{
    struct pollfd poll_fd = { active_socket(curl), events, 0 };
    return poll_fd.fd != CURL_SOCKET_BAD && poll(&poll_fd, 1, (int)timeout_ms) > 0;
}

static void poll_command(CURL *curl, const struct words *words)
{
    long timeout = atol(words->at[1].text);
    bool out = words->count > 2 && !strcmp(words->at[2].text, "out");
    bool ready = wait_socket(curl, out ? POLLOUT : POLLIN, timeout);
    begin_result("poll");
    printf(" ready=%d", ready);
}

static void select_command(CURL *curl, const struct words *words)
{
    long timeout = atol(words->at[1].text);
    curl_socket_t fd = active_socket(curl);
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

static void easy_recv_command(CURL *curl, const struct words *words)
{
    size_t size = (size_t)atol(words->at[1].text), n = 0;
    long long until = now_ms() + number_option(words, "wait", 0);
    char *buffer = malloc(size ? size : 1);
    CURLcode code = curl_easy_recv(curl, buffer, size, &n);
    while(code == CURLE_AGAIN && now_ms() < until) {
        wait_socket(curl, POLLIN, (long)(until - now_ms()));
        code = curl_easy_recv(curl, buffer, size, &n);
    }
    print_code("easy_recv", code);
    printf(" n=%zu", n);
    if(!code)
        print_data(buffer, n);
    free(buffer);
}

static void easy_send_command(CURL *curl, const struct words *words)
{
    struct blob data = parse_data(&words->at[1]);
    size_t n = 0;
    print_code("easy_send", curl_easy_send(curl, data.bytes, data.len, &n));
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

static void header_command(CURL *curl, const struct words *words)
{
    struct curl_header *header = NULL;
    unsigned int origin = header_origin(words->count > 2 ? words->at[2].text : "header");
    CURLHcode code = curl_easy_header(curl, words->at[1].text, (size_t)number_option(words, "index", 0), origin,
                                      (int)number_option(words, "request", -1), &header);
    begin_result("header");
    printf(" code=%d", (int)code);
    if(!code)
        print_header(header);
}

static void next_headers_command(CURL *curl, const struct words *words)
{
    struct curl_header *header = NULL;
    unsigned int origin = header_origin(words->count > 1 ? words->at[1].text : "header");
    begin_result("headers");
    printf(" names=");
    while((header = curl_easy_nextheader(curl, origin, -1, header)) != NULL)
        printf("%s,", header->name);
}

static void strings_command(CURL *curl, const char *name, const struct word *word)
{
    if(!strcmp(name, "escape")) {
        char *text = curl_easy_escape(curl, word->text, (int)word->len);
        begin_result(name);
        print_text("value", text);
        curl_free(text);
    }
    else {
        int len = -1;
        char *text = curl_easy_unescape(curl, word->text, (int)word->len, &len);
        begin_result(name);
        printf(" n=%d", len);
        print_text("value", text);
        curl_free(text);
    }
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
static void perform_command(struct slot *slot, CURL *curl, const struct words *words)
{
    const char *by = option_word(words, "by");
    if(slot && !slot->calls_deep)
        reset_tally(slot);
    long long started = now_ms();
    CURLcode code = by && !strcmp(by, "multi") ? perform_in_multi(curl) : curl_easy_perform(curl);
    long long took = now_ms() - started;
    print_code("perform", code);
    printf(" ms=%lld", took);
    if(code)
        print_error(slot);
}

static void pause_command(struct slot *slot, CURL *curl, int bits)
{
    if(slot)
        slot->paused = bits != CURLPAUSE_CONT;
    print_code("pause", curl_easy_pause(curl, bits));
}

bool easy_command(struct slot *slot, CURL *curl, const struct words *words)
{
    const char *name = words->at[0].text;
    int given = words->count - 1;
    if(!strcmp(name, "init") && slot)
        init_command(slot);
    else if(!strcmp(name, "perform"))
        perform_command(slot, curl, words);
    else if(!strcmp(name, "setopt") && given > 1) {
        CURLcode code = set_option(slot, curl, words);
        print_code(name, code);
    }
    else if(!strcmp(name, "getinfo") && given)
        getinfo_command(curl, words);
    else if(!strcmp(name, "cleanup")) {
        curl_easy_cleanup(curl);
        if(slot && !slot->calls_deep)
            slot->curl = NULL;
        begin_result(name);
    }
    else if(!strcmp(name, "reset")) {
        curl_easy_reset(curl);
        begin_result(name);
    }
    else if(!strcmp(name, "dup"))
        duplicate_command(curl, words);
    else if(!strcmp(name, "pause") && given)
        pause_command(slot, curl, atoi(words->at[1].text));
    else if(!strcmp(name, "upkeep"))
        print_code(name, curl_easy_upkeep(curl));
    else if(!strcmp(name, "poll") && given)
        poll_command(curl, words);
    else if(!strcmp(name, "select") && given)
        select_command(curl, words);
    else if(!strcmp(name, "easy_recv") && given)
        easy_recv_command(curl, words);
    else if(!strcmp(name, "easy_send") && given)
        easy_send_command(curl, words);
    else if(!strcmp(name, "header") && given)
        header_command(curl, words);
    else if(!strcmp(name, "headers"))
        next_headers_command(curl, words);
    else if((!strcmp(name, "escape") || !strcmp(name, "unescape")) && given)
        strings_command(curl, name, &words->at[1]);
    else if(!strcmp(name, "close_files")) {
        close_files();
        begin_result(name);
    }
    else
        return false;
    return true;
}
