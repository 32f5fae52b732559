// A stand-in for the Oracle client library. It has the part of the Oracle Call Interface that the driver needs to log in
// and run queries, and uses no database. STANDIN_ANSWERS is the path of a file with the login and the answers:
//
//   @ USER PASSWORD              the only valid login
//   ? TEXT                       starts the answer to every statement that contains TEXT, in any case
//   ! CODE MESSAGE               the answer is this error; otherwise:
//   COLUMN|COLUMN                the columns
//   VALUE|VALUE                  a row; an empty value is NULL
//
// The first matching answer is used. A SELECT without one fails with ORA-00942. Any other statement does nothing and
// succeeds. Every column is a VARCHAR2.
//
// For TLS (PROTOCOL=TCPS) it wants sqlnet.ora and a wallet, as the client does, and trusts every wallet without the text "stranger".
//
// CLIENT is the major version that it reports. INCOMPLETE removes a function.

#define _GNU_SOURCE
#include <ctype.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#ifndef CLIENT
#define CLIENT 19
#endif

enum { SUCCESS = 0, ERROR = -1, NO_DATA = 100 };
enum { HANDLE_SERVER = 8, HANDLE_STATEMENT = 4, DESCRIPTOR_PARAM = 53, TYPE_VARCHAR2 = 1, UTF8 = 873 };
enum {
    ATTR_DATA_SIZE = 1, ATTR_DATA_TYPE = 2, ATTR_NAME = 4, ATTR_PRECISION = 5, ATTR_IS_NULL = 7, ATTR_PARAM_COUNT = 18,
    ATTR_USERNAME = 22, ATTR_PASSWORD = 23, ATTR_STMT_TYPE = 24, ATTR_CHARSET_ID = 31, ATTR_CHARSET_FORM = 32,
    ATTR_SERVER_STATUS = 143, ATTR_BIND_COUNT = 190, ATTR_ROWS_FETCHED = 197, ATTR_NCHARSET_ID = 262,
    ATTR_CHAR_SIZE = 286, ATTR_ROW_COUNT_64 = 457, ATTR_MAX_IDENTIFIER = 500, ATTR_SQL_ID = 504,
};
enum { MAX_COLUMNS = 64, LINE = 4096, WIDTH = 1000 };

typedef struct {
    void *value;
    uint64_t size;
    int16_t *indicator;
    uint32_t *length;
    uint16_t *code;
} column;

// One struct for all handles and descriptors.
typedef struct handle {
    uint32_t type;
    int32_t error; // of an error handle
    char message[512];
    char user[128], password[128]; // of a session
    struct handle *session;        // of a service context
    int select;                    // of a statement, like all members below
    char *sql; // in capitals
    FILE *answer;
    char names[LINE];
    int columns;
    column defined[MAX_COLUMNS];
    uint32_t fetched;
    uint64_t rows;
    char name[128]; // of a column's descriptor
} handle;

static int fail(handle *error, int code, const char *message) {
    error->error = code;
    snprintf(error->message, sizeof error->message, "ORA-%05d: %s", code, message);
    return ERROR;
}

// Copies part i of a line, whose parts are separated by |, to out.
static int part(const char *line, int i, char *out, size_t size) {
    for (; i > 0; i--) {
        line = strchr(line, '|');
        if (!line) return 0;
        line++;
    }
    size_t n = strcspn(line, "|");
    if (n >= size) n = size - 1;
    memcpy(out, line, n);
    out[n] = 0;
    return 1;
}

static char *read_line(FILE *f, char *line) {
    if (!fgets(line, LINE, f)) return NULL;
    line[strcspn(line, "\n")] = 0;
    return line;
}

static FILE *answers(void) {
    const char *path = getenv("STANDIN_ANSWERS");
    return path ? fopen(path, "r") : NULL;
}

void OCIClientVersion(int *major, int *minor, int *update, int *patch, int *port) {
    *major = CLIENT;
    *minor = CLIENT < 19 ? 5 : 3;
    *update = *patch = *port = 0;
}

void OCIThreadProcessInit(void) {}

// A key has a value for each thread.
int OCIThreadKeyInit(void *h, void *error, void **key, void (*destroy)(void *)) {
    pthread_key_t *k = malloc(sizeof *k);
    *key = k;
    return pthread_key_create(k, destroy) ? ERROR : SUCCESS;
}

int OCIThreadKeyGet(void *h, void *error, void *key, void **value) {
    *value = pthread_getspecific(*(pthread_key_t *)key);
    return SUCCESS;
}

int OCIThreadKeySet(void *h, void *error, void *key, void *value) {
    return pthread_setspecific(*(pthread_key_t *)key, value) ? ERROR : SUCCESS;
}

int OCIThreadKeyDestroy(void *h, void *error, void **key) {
    pthread_key_delete(*(pthread_key_t *)*key);
    free(*key);
    return SUCCESS;
}

static handle *new_handle(uint32_t type) {
    handle *h = calloc(1, sizeof *h);
    h->type = type;
    return h;
}

int OCIEnvNlsCreate(void **env, uint32_t mode, void *ctx, void *m, void *r, void *f, size_t extra, void **user,
                    uint16_t charset, uint16_t ncharset) {
    *env = new_handle(1);
    return SUCCESS;
}

int OCIHandleAlloc(const void *parent, void **out, uint32_t type, size_t extra, void **user) {
    *out = new_handle(type);
    return SUCCESS;
}

int OCIHandleFree(void *h, uint32_t type) {
    free(h);
    return SUCCESS;
}

int OCIDescriptorFree(void *h, uint32_t type) { return OCIHandleFree(h, type); }

int OCINlsCharSetIdToName(void *env, char *name, size_t size, uint16_t id) {
    snprintf(name, size, "AL32UTF8");
    return SUCCESS;
}

uint16_t OCINlsCharSetNameToId(void *env, const char *name) { return UTF8; }

int OCINlsNameMap(void *env, char *out, size_t size, const char *in, uint32_t flag) {
    snprintf(out, size, "UTF-8");
    return SUCCESS;
}

int OCINlsNumericInfoGet(void *env, void *error, int32_t *value, uint16_t item) {
    *value = 4; // bytes of a character at most
    return SUCCESS;
}

int OCIErrorGet(void *from, uint32_t record, char *state, int32_t *code, char *text, uint32_t size, uint32_t type) {
    handle *error = from;
    if (record > 1 || !error->error) return NO_DATA;
    *code = error->error;
    snprintf(text, size, "%s\n", error->message);
    return SUCCESS;
}

// Reads sqlnet.ora of the folder TNS_ADMIN, as the client does for TLS, and then the first bytes of the wallet in the folder that it
// names. Returns whether there is a wallet.
static int wallet(char *start, int size) {
    char path[LINE], text[LINE] = "", folder[LINE];
    snprintf(path, sizeof path, "%s/sqlnet.ora", getenv("TNS_ADMIN") ? getenv("TNS_ADMIN") : "");
    FILE *f = fopen(path, "r");
    if (!f) return 0;
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    char *directory = strstr(text, "(DIRECTORY = ");
    if (!directory || !strstr(text, "SSL_SERVER_DN_MATCH = NO\n") || sscanf(directory, "(DIRECTORY = %4000[^)])", folder) != 1) return 0;
    snprintf(path, sizeof path, "%s/cwallet.sso", folder);
    if (!(f = fopen(path, "r"))) return 0;
    start[fread(start, 1, size - 1, f)] = 0;
    fclose(f);
    return 1;
}

#ifndef INCOMPLETE
int OCIServerAttach(void *server, void *error, const char *name, int32_t length, uint32_t mode) {
    char start[LINE];
    if (!strstr(name, "(DESCRIPTION=")) return fail(error, 12154, "TNS:could not resolve the connect identifier");
    if (!strstr(name, "(PROTOCOL=TCPS)")) return SUCCESS;
    if (!wallet(start, sizeof start)) return fail(error, 28759, "failure to open file");
    return strstr(start, "stranger") ? fail(error, 29024, "Certificate validation failure") : SUCCESS;
}
#endif

int OCIServerDetach(void *server, void *error, uint32_t mode) { return SUCCESS; }

int OCIServerRelease2(void *h, void *error, char *text, uint32_t size, uint8_t type, uint32_t *version, uint32_t mode) {
    snprintf(text, size, "A stand-in for Oracle Database 19c");
    *version = 19u << 24 | 3u << 20;
    return SUCCESS;
}

int OCIServerRelease(void *h, void *error, char *text, uint32_t size, uint8_t type, uint32_t *version) {
    return OCIServerRelease2(h, error, text, size, type, version, 0);
}

int OCISessionBegin(void *service, void *error, void *session, uint32_t kind, uint32_t mode) {
    handle *s = session;
    char line[LINE], want[300];
    int ok = 0;
    snprintf(want, sizeof want, "@ %s %s", s->user, s->password);
    FILE *f = answers();
    if (!f) return fail(error, 12541, "TNS:no listener");
    while (!ok && read_line(f, line)) ok = !strcmp(line, want);
    fclose(f);
    return ok ? SUCCESS : fail(error, 1017, "invalid username/password; logon denied");
}

int OCISessionEnd(void *service, void *error, void *session, uint32_t mode) { return SUCCESS; }
int OCISessionRelease(void *service, void *error, const char *tag, uint32_t n, uint32_t mode) { return SUCCESS; }
int OCIPing(void *service, void *error, uint32_t mode) { return SUCCESS; }
int OCIBreak(void *h, void *error) { return SUCCESS; }
int OCITransRollback(void *service, void *error, uint32_t flags) { return SUCCESS; }
int OCITransCommit(void *service, void *error, uint32_t flags) { return SUCCESS; }

int OCIAttrSet(void *to, uint32_t type, void *value, uint32_t size, uint32_t attribute, void *error) {
    handle *h = to;
    if (type == 9 && attribute == ATTR_USERNAME) snprintf(h->user, sizeof h->user, "%.*s", (int)size, (char *)value);
    if (type == 9 && attribute == ATTR_PASSWORD)
        snprintf(h->password, sizeof h->password, "%.*s", (int)size, (char *)value);
    return SUCCESS;
}

static void text(void *value, uint32_t *size, char *s) {
    *(char **)value = s;
    if (size) *size = strlen(s);
}

// Finds the placeholders of a statement, :NAME outside of quotes, and returns the number of all of them. Those from
// position start on are listed in names and lengths, at most size of them.
static int placeholders(char *sql, uint32_t start, uint32_t size, char **names, uint8_t *lengths, uint8_t *again) {
    int count = 0;
    char quote = 0;
    for (char *c = sql; *c; c++) {
        if (quote || *c == '\'' || *c == '"') {
            quote = !quote ? *c : *c == quote ? 0 : quote;
            continue;
        }
        if (*c != ':') continue;
        size_t n = strspn(c + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
        if (n == 0) continue;
        count++;
        uint32_t i = count - start;
        if (names && count >= (int)start && i < size) {
            names[i] = c + 1;
            lengths[i] = n;
            again[i] = 0;
            for (char *d = sql; d < c; d++) {
                if (*d == ':' && !strncmp(d, c, n + 1) && !isalnum(d[n + 1]) && d[n + 1] != '_') again[i] = 1;
            }
        }
    }
    return count;
}

int OCIAttrGet(const void *from, uint32_t type, void *value, uint32_t *size, uint32_t attribute, void *error) {
    handle *h = (handle *)from;
    if (h->type == DESCRIPTOR_PARAM) {
        switch (attribute) {
        case ATTR_NAME: text(value, size, h->name); return SUCCESS;
        case ATTR_DATA_TYPE: *(uint16_t *)value = TYPE_VARCHAR2; return SUCCESS;
        case ATTR_DATA_SIZE:
        case ATTR_CHAR_SIZE: *(uint16_t *)value = WIDTH; return SUCCESS;
        case ATTR_CHARSET_FORM:
        case ATTR_IS_NULL: *(uint8_t *)value = 1; return SUCCESS;
        case ATTR_PRECISION: *(int16_t *)value = 0; return SUCCESS;
        }
    }
    switch (attribute) {
    case ATTR_CHARSET_ID:
    case ATTR_NCHARSET_ID: *(uint16_t *)value = UTF8; return SUCCESS;
    case ATTR_SERVER_STATUS: *(uint32_t *)value = 1; return SUCCESS;
    case ATTR_PARAM_COUNT: *(uint32_t *)value = h->columns; return SUCCESS;
    case ATTR_STMT_TYPE: *(uint16_t *)value = h->select ? 1 : 7; return SUCCESS;
    case ATTR_ROWS_FETCHED: *(uint32_t *)value = h->fetched; return SUCCESS;
    case ATTR_ROW_COUNT_64: *(uint64_t *)value = h->rows; return SUCCESS;
    case ATTR_MAX_IDENTIFIER: *(uint8_t *)value = 128; return SUCCESS;
    case ATTR_BIND_COUNT: *(uint32_t *)value = placeholders(h->sql, 1, 0, NULL, NULL, NULL); return SUCCESS;
    case ATTR_SQL_ID: text(value, size, "standin"); return SUCCESS;
    }
    // The driver reads more attributes. Their numbers may be 0 and their texts empty.
    if (size) {
        text(value, size, "");
    } else {
        *(uint8_t *)value = 0;
    }
    return SUCCESS;
}

int OCIStmtPrepare2(void *service, void **out, void *error, const char *sql, uint32_t length, const char *key,
                    uint32_t key_length, uint32_t language, uint32_t mode) {
    char line[LINE], code[16];
    char *statement = strndup(sql, length);
    handle *s = new_handle(HANDLE_STATEMENT);
    int found = 0;
    s->select = !strncasecmp(statement + strspn(statement, " \n\t("), "SELECT", 6);
    FILE *f = s->select ? answers() : NULL;
    while (f && !found && read_line(f, line)) {
        found = !strncmp(line, "? ", 2) && strcasestr(statement, line + 2);
    }
    for (char *c = statement; *c; c++) *c = toupper(*c);
    s->sql = statement;
    if (found && read_line(f, line) && line[0] == '!') {
        snprintf(code, sizeof code, "%.5s", line + 2);
        fail(s, atoi(code), line + 3 + strcspn(line + 2, " "));
    } else if (found) {
        s->answer = f;
        snprintf(s->names, sizeof s->names, "%s", line);
        char name[128];
        while (s->columns < MAX_COLUMNS && part(line, s->columns, name, sizeof name)) s->columns++;
    } else if (s->select) {
        fail(s, 942, "table or view does not exist");
    }
    if (f && !s->answer) fclose(f);
    *out = s;
    return SUCCESS;
}

int OCIStmtGetBindInfo(void *statement, void *error, uint32_t size, uint32_t start, int32_t *found, char *names[],
                       uint8_t lengths[], char *indicators[], uint8_t indicator_lengths[], uint8_t again[],
                       void **handles) {
    int count = placeholders(((handle *)statement)->sql, start, size, names, lengths, again);
    *found = count >= (int)(start + size) ? -count : count; // negative: there are more
    return count ? SUCCESS : NO_DATA;
}

int OCIStmtExecute(void *service, void *statement, void *error, uint32_t iterations, uint32_t offset, const void *in,
                   void *out, uint32_t mode) {
    handle *s = statement, *e = error;
    if (s->error) {
        e->error = s->error;
        memcpy(e->message, s->message, sizeof e->message);
        return ERROR;
    }
    return SUCCESS;
}

int OCIParamGet(const void *from, uint32_t type, void *error, void **out, uint32_t position) {
    handle *p = new_handle(DESCRIPTOR_PARAM);
    part(((handle *)from)->names, position - 1, p->name, sizeof p->name);
    *out = p;
    return SUCCESS;
}

int OCIDefineByPos2(void *statement, void **define, void *error, uint32_t position, void *value, uint64_t size,
                    uint16_t type, void *indicator, uint32_t *length, uint16_t *code, uint32_t mode) {
    handle *s = statement;
    if (position > MAX_COLUMNS || type != TYPE_VARCHAR2) return fail(error, 932, "inconsistent data types");
    s->defined[position - 1] = (column){value, size, indicator, length, code};
    *define = NULL;
    return SUCCESS;
}

int OCIStmtFetch2(void *statement, void *error, uint32_t rows, uint16_t orientation, int32_t offset, uint32_t mode) {
    handle *s = statement;
    char line[LINE], value[WIDTH + 1];
    for (s->fetched = 0; s->fetched < rows; s->fetched++) {
        if (!s->answer || !read_line(s->answer, line) || !line[0] || strchr("?@#", line[0])) {
            if (s->answer) fclose(s->answer);
            s->answer = NULL;
            return NO_DATA;
        }
        for (int i = 0; i < s->columns; i++) {
            column *c = &s->defined[i];
            if (!c->value) continue;
            if (!part(line, i, value, sizeof value)) value[0] = 0;
            size_t n = strlen(value);
            if (n > c->size) n = c->size;
            memcpy((char *)c->value + s->fetched * c->size, value, n);
            c->indicator[s->fetched] = n ? 0 : -1;
            if (c->length) c->length[s->fetched] = n;
            if (c->code) c->code[s->fetched] = 0;
        }
        s->rows++;
    }
    return SUCCESS;
}

int OCIStmtRelease(void *statement, void *error, const char *key, uint32_t length, uint32_t mode) {
    handle *s = statement;
    if (s->answer) fclose(s->answer);
    free(s->sql);
    free(s);
    return SUCCESS;
}

int OCIBindByName2(void *statement, void **bind, void *error, const char *name, int32_t length, void *value,
                   int64_t size, uint16_t type, void *indicator, uint32_t *lengths, uint16_t *codes, uint32_t max,
                   uint32_t *current, uint32_t mode) {
    *bind = statement;
    return SUCCESS;
}

int OCIBindByPos2(void *statement, void **bind, void *error, uint32_t position, void *value, int64_t size,
                  uint16_t type, void *indicator, uint32_t *lengths, uint16_t *codes, uint32_t max, uint32_t *current,
                  uint32_t mode) {
    *bind = statement;
    return SUCCESS;
}
