/* The driver's callbacks: each prints what it got, then runs the commands that it was told to (`on KIND WHEN COMMAND`). */
#include "driver_callbacks.h"
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_ACTIONS 64
#define EVERY (-1)
#define PAUSED (-2)

struct action {
    int slot, kind;
    long when; /* number of the call, EVERY, or PAUSED: when reading or writing is paused */
    char *command;
};

/* What the commands of the running callback asked it to return. */
struct answer {
    bool set;
    size_t value;
    struct blob data;
    bool has_data;
};

static struct action actions[MAX_ACTIONS];
static int action_count;
static struct answer *answer;
static void (*run_line)(char *line);

static const char *const kind_names[KINDS] = { "write",      "header",  "read",       "debug",       "xferinfo",
                                               "progress",   "sockopt", "opensocket", "closesocket", "prereq",
                                               "open",       "resolver" };

static int kind_by_name(const char *name)
{
    for(int kind = 0; kind < KINDS; kind++) {
        if(!strcmp(name, kind_names[kind]))
            return kind;
    }
    return -1;
}

void run_actions_with(void (*run)(char *line))
{
    run_line = run;
}

static bool add_action(int slot, const struct words *words)
{
    const char *when = words->at[2].text, *command = words->line;
    int kind = kind_by_name(words->at[1].text);
    if(kind < 0 || action_count == MAX_ACTIONS)
        return false;
    for(int skip = 0; skip < 3; skip++)
        command += strcspn(command, " ") + 1;
    struct action action = { slot, kind, !strcmp(when, "*") ? EVERY : !strcmp(when, "paused") ? PAUSED : atol(when), strdup(command) };
    actions[action_count++] = action;
    return action.command != NULL;
}

void forget_actions(void)
{
    while(action_count)
        free(actions[--action_count].command);
}

static void set_return(const struct word *word)
{
    const char *text = word->text;
    if(!answer)
        return;
    answer->set = true;
    if(!strcmp(text, "pause"))
        answer->value = CURL_WRITEFUNC_PAUSE; /* the same number as CURL_READFUNC_PAUSE */
    else if(!strcmp(text, "abort"))
        answer->value = CURL_READFUNC_ABORT;
    else if(!strcmp(text, "error"))
        answer->value = CURL_WRITEFUNC_ERROR;
    else
        answer->value = (size_t)strtoll(text, NULL, 0);
}

static bool due(const struct action *action, int slot, int kind, long call)
{
    if(action->slot != slot || action->kind != kind)
        return false;
    return action->when == EVERY || action->when == call || (action->when == PAUSED && slots[slot].paused);
}

static void act(struct slot *slot, int kind, struct answer *result)
{
    struct answer *outer = answer;
    long call = slot->tally[kind].calls;
    bool shown = !slot->tally[kind].quiet;
    if(shown)
        fflush(stdout);
    answer = result;
    depth++;
    slot->calls_deep++;
    for(int i = 0; i < action_count; i++) {
        if(due(&actions[i], (int)(slot - slots), kind, call)) {
            char *line = strdup(actions[i].command);
            if(!line)
                abort();
            run_line(line);
            free(line);
        }
    }
    depth--;
    slot->calls_deep--;
    answer = outer;
    if(shown)
        fflush(stdout);
}

static struct tally *count(struct slot *slot, int kind, const void *data, size_t len)
{
    struct tally *tally = &slot->tally[kind];
    tally->calls++;
    tally->bytes += len;
    if(len > tally->largest)
        tally->largest = len;
    if(data)
        tally->crc = crc32_of(tally->crc, data, len);
    return tally;
}

static void print_event(struct slot *slot, int kind)
{
    printf("! ");
    if(slot != slots)
        printf("@%d ", (int)(slot - slots));
    printf("%s", kind_names[kind]);
}

/* A callback without data, whose answer is a small number. */
static int simple_call(struct slot *slot, int kind, int otherwise)
{
    struct answer result = { 0 };
    if(!count(slot, kind, NULL, 0)->quiet) {
        print_event(slot, kind);
        putchar('\n');
    }
    act(slot, kind, &result);
    return result.set ? (int)result.value : otherwise;
}

static size_t on_write(char *data, size_t size, size_t items, void *user)
{
    struct slot *slot = user;
    struct answer result = { 0 };
    size_t len = size * items;
    if(!count(slot, ON_WRITE, data, len)->quiet) {
        print_event(slot, ON_WRITE);
        printf(" n=%zu", len);
        print_meta(curl_ws_meta(slot->curl));
        print_data(data, len);
        putchar('\n');
    }
    act(slot, ON_WRITE, &result);
    if(result.set && result.value == CURL_WRITEFUNC_PAUSE)
        slot->paused = true;
    return result.set ? result.value : len;
}

static size_t on_header(char *data, size_t size, size_t items, void *user)
{
    struct slot *slot = user;
    struct answer result = { 0 };
    size_t len = size * items;
    if(!count(slot, ON_HEADER, data, len)->quiet) {
        print_event(slot, ON_HEADER);
        print_data(data, len);
        putchar('\n');
    }
    act(slot, ON_HEADER, &result);
    return result.set ? result.value : len;
}

static size_t next_upload(struct slot *slot, char *buffer, size_t room)
{
    size_t len = slot->upload.len - slot->uploaded;
    if(slot->upload_chunk && len > slot->upload_chunk)
        len = slot->upload_chunk;
    if(len > room)
        len = room;
    if(len)
        memcpy(buffer, slot->upload.bytes + slot->uploaded, len);
    slot->uploaded += len;
    return len;
}

static size_t on_read(char *buffer, size_t size, size_t items, void *user)
{
    struct slot *slot = user;
    struct answer result = { 0 };
    size_t room = size * items, len;
    if(!count(slot, ON_READ, NULL, 0)->quiet) {
        print_event(slot, ON_READ);
        printf(" room=%zu\n", room);
    }
    act(slot, ON_READ, &result);
    if(result.set) {
        if(result.value == CURL_READFUNC_PAUSE)
            slot->paused = true;
        len = result.value;
    }
    else if(result.has_data) {
        len = result.data.len < room ? result.data.len : room;
        memcpy(buffer, result.data.bytes, len);
    }
    else
        len = next_upload(slot, buffer, room);
    free(result.data.bytes);
    return len;
}

static int on_debug(CURL *curl, curl_infotype type, char *data, size_t len, void *user)
{
    static const char *const names[] = { "text", "header_in", "header_out", "data_in", "data_out", "ssl_in", "ssl_out" };
    struct slot *slot = user;
    struct answer result = { 0 };
    (void)curl;
    if(!count(slot, ON_DEBUG, data, len)->quiet) {
        print_event(slot, ON_DEBUG);
        printf(" type=%s n=%zu", (int)type < 7 ? names[type] : "?", len);
        print_data(data, len);
        putchar('\n');
    }
    act(slot, ON_DEBUG, &result);
    return 0;
}

static int on_xferinfo(void *user, curl_off_t dltotal, curl_off_t dlnow, curl_off_t ultotal, curl_off_t ulnow)
{
    (void)dltotal;
    (void)dlnow;
    (void)ultotal;
    (void)ulnow;
    return simple_call(user, ON_XFERINFO, 0);
}

static int on_progress(void *user, double dltotal, double dlnow, double ultotal, double ulnow)
{
    (void)dltotal;
    (void)dlnow;
    (void)ultotal;
    (void)ulnow;
    return simple_call(user, ON_PROGRESS, 0);
}

static int on_sockopt(void *user, curl_socket_t fd, curlsocktype purpose)
{
    (void)fd;
    (void)purpose;
    return simple_call(user, ON_SOCKOPT, CURL_SOCKOPT_OK);
}

static curl_socket_t on_opensocket(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)purpose;
    if(simple_call(user, ON_OPENSOCKET, 0))
        return CURL_SOCKET_BAD;
    return socket(address->family, address->socktype, address->protocol);
}

static int on_closesocket(void *user, curl_socket_t fd)
{
    int answered = simple_call(user, ON_CLOSESOCKET, 0);
    close(fd);
    return answered;
}

static int on_prereq(void *user, char *primary_ip, char *local_ip, int primary_port, int local_port)
{
    struct slot *slot = user;
    struct answer result = { 0 };
    count(slot, ON_PREREQ, NULL, 0);
    print_event(slot, ON_PREREQ);
    print_text("primary", primary_ip);
    print_text("local", local_ip);
    printf(" ports=%d\n", primary_port > 0 && local_port > 0);
    act(slot, ON_PREREQ, &result);
    return result.set ? (int)result.value : CURL_PREREQFUNC_OK;
}

static int on_resolver(void *state, void *reserved, void *user)
{
    (void)state;
    (void)reserved;
    return simple_call(user, ON_RESOLVER, 0);
}

#ifdef WSCURL_VERSION_NUM
static int on_open(CURL *curl, void *user)
{
    (void)curl;
    return simple_call(user, ON_OPEN, 0);
}
#endif

typedef void (*function)(void);

static const struct {
    CURLoption function_option, data_option;
    function callback;
} callbacks[] = {
    { CURLOPT_WRITEFUNCTION, CURLOPT_WRITEDATA, (function)on_write },
    { CURLOPT_HEADERFUNCTION, CURLOPT_HEADERDATA, (function)on_header },
    { CURLOPT_READFUNCTION, CURLOPT_READDATA, (function)on_read },
    { CURLOPT_DEBUGFUNCTION, CURLOPT_DEBUGDATA, (function)on_debug },
    { CURLOPT_XFERINFOFUNCTION, CURLOPT_XFERINFODATA, (function)on_xferinfo },
    { CURLOPT_PROGRESSFUNCTION, CURLOPT_PROGRESSDATA, (function)on_progress },
    { CURLOPT_SOCKOPTFUNCTION, CURLOPT_SOCKOPTDATA, (function)on_sockopt },
    { CURLOPT_OPENSOCKETFUNCTION, CURLOPT_OPENSOCKETDATA, (function)on_opensocket },
    { CURLOPT_CLOSESOCKETFUNCTION, CURLOPT_CLOSESOCKETDATA, (function)on_closesocket },
    { CURLOPT_PREREQFUNCTION, CURLOPT_PREREQDATA, (function)on_prereq },
    { CURLOPT_RESOLVER_START_FUNCTION, CURLOPT_RESOLVER_START_DATA, (function)on_resolver },
#ifdef WSCURL_VERSION_NUM
    { CURLOPT_WS_OPENFUNCTION, CURLOPT_WS_OPENDATA, (function)on_open },
#endif
};

bool set_callback(struct slot *slot, CURLoption option, const char *value, CURLcode *code)
{
    for(size_t i = 0; i < sizeof(callbacks) / sizeof(callbacks[0]); i++) {
        if(callbacks[i].function_option != option)
            continue;
        bool on = !strcmp(value, "on");
        *code = curl_easy_setopt(slot->curl, option, on ? callbacks[i].callback : (function)NULL);
        if(on && !*code)
            *code = curl_easy_setopt(slot->curl, callbacks[i].data_option, slot);
        return true;
    }
    return false;
}

/* Commands without a slot of their own mean the first. */
static struct slot *slot_of(const struct call *call)
{
    return call->slot ? call->slot : slots;
}

static void on_command(const struct call *call)
{
    begin_result("on");
    printf(" ok=%d", add_action((int)(slot_of(call) - slots), call->words));
}

static void forget_command(const struct call *call)
{
    (void)call;
    begin_result("forget");
    forget_actions();
}

static void return_command(const struct call *call)
{
    begin_result("ret");
    set_return(&call->words->at[1]);
}

static void data_command(const struct call *call)
{
    begin_result("data");
    if(!answer)
        return;
    free(answer->data.bytes);
    answer->data = parse_data(&call->words->at[1]);
    answer->has_data = true;
}

static void stop_after_command(const struct call *call)
{
    begin_result("stop_after");
    if(slot_of(call)->tally[ON_WRITE].bytes >= strtoull(call->words->at[1].text, NULL, 0))
        set_return(&(struct word){ "error", 5 });
}

static struct tally *named_tally(const struct call *call)
{
    int kind = kind_by_name(call->words->at[1].text);
    begin_result(call->words->at[0].text);
    if(kind >= 0)
        return &slot_of(call)->tally[kind];
    print_unknown();
    return NULL;
}

static void quiet_command(const struct call *call)
{
    struct tally *tally = named_tally(call);
    if(tally)
        tally->quiet = true;
}

static void show_command(const struct call *call)
{
    struct tally *tally = named_tally(call);
    if(tally)
        tally->quiet = false;
}

static void tally_command(const struct call *call)
{
    const struct tally *tally = named_tally(call);
    if(tally)
        printf(" calls=%ld bytes=%llu largest=%zu crc=%08x", tally->calls, (unsigned long long)tally->bytes, tally->largest,
               (unsigned int)tally->crc);
}

static void upload_command(const struct call *call)
{
    struct slot *slot = slot_of(call);
    begin_result("upload");
    free(slot->upload.bytes);
    slot->upload = parse_data(&call->words->at[1]);
    slot->uploaded = 0;
    slot->upload_chunk = (size_t)number_option(call->words, "chunk", 0);
}

const struct command callback_commands[] = {
    { "on", 3, on_command },
    { "forget", 0, forget_command },
    { "ret", 1, return_command },
    { "data", 1, data_command },
    { "stop_after", 1, stop_after_command },
    { "quiet", 1, quiet_command },
    { "show", 1, show_command },
    { "tally", 1, tally_command },
    { "upload", 1, upload_command },
    { NULL, 0, NULL },
};
