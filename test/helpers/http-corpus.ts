/** Raw requests for the strict gate. Bytes as latin1 text. */
export interface ValidCase {
  name: string
  bytes: string
  /** Body of the first one. */
  body?: string
  url?: string
}

export interface MalformedCase {
  name: string
  bytes: string
  /** What the client may be told; several where the parser and the gate may both be first, 0 for a closed connection. */
  status?: number[]
}

const get = (target = '/', ...fields: string[]) =>
  `GET ${target} HTTP/1.1\r\nHost: a\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`
const post = (body: string, ...fields: string[]) =>
  `POST / HTTP/1.1\r\nHost: a\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n${body}`
const sized = (body: string) => post(body, `Content-Length: ${body.length}`)
const chunked = (body: string) => post(body, 'Transfer-Encoding: chunked')
const line = (requestLine: string) => `${requestLine}\r\nHost: a\r\n\r\n`

function valid(name: string, bytes: string, more: Omit<ValidCase, 'name' | 'bytes'> = {}): ValidCase {
  return { name, bytes, ...more }
}

const METHODS = ['GET', 'HEAD', 'DELETE', 'PUT', 'PATCH', 'POST', 'OPTIONS', 'TRACE', 'PROPFIND', 'REPORT']
const TARGETS = [
  '/',
  '/a',
  '/a/b/',
  '/?',
  '/?a=1&b=2',
  '/%20',
  '/a%2Fb',
  '/a;b=c',
  '//',
  '/a//b',
  '/.',
  '/..',
]
const MORE_TARGETS = [
  '/~user',
  "/!$&'()*+,;=:@",
  '/a?b?c',
  '/a?b=/c',
  '/[x]',
  '/{x}',
  '/|',
  '/"',
  '/^',
  '/a:80',
]
const HOSTS = ['a', 'a.example', 'a:80', '127.0.0.1', '127.0.0.1:8000', '[::1]', '[::1]:8000', 'xn--a-1', '']

export const BEHIND_CLOSE = 'a request behind Connection: close'
export const VALID: ValidCase[] = [
  ...METHODS.map((method) => valid(`method ${method}`, line(`${method} / HTTP/1.1`))),
  ...[...TARGETS, ...MORE_TARGETS].map((url) => valid(`target ${url}`, get(url), { url })),
  ...HOSTS.map((host) => valid(`host "${host}"`, `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`)),
  valid('absolute form', get('http://a/b?c'), { url: 'http://a/b?c' }),
  valid('absolute form without path', get('http://a'), { url: 'http://a' }),
  valid('OPTIONS *', line('OPTIONS * HTTP/1.1'), { url: '*' }),
  valid('HTTP/1.0', 'GET / HTTP/1.0\r\n\r\n'),
  valid('HTTP/1.0 with a host', 'GET / HTTP/1.0\r\nHost: a\r\n\r\n'),
  valid('HTTP/1.0 with a body', 'POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi', { body: 'hi' }),
  valid('no blank after the colon', get('/', 'X-A:b')),
  valid('blanks and a tab around a value', get('/', 'X-A: \t b \t ')),
  valid('an empty value', get('/', 'X-A:')),
  valid('a name of all token characters', get('/', "!#$%&'*+-.^_`|~09az: v")),
  valid('a name with an underscore', get('/', 'x_custom: v')),
  valid('bytes above 127 in a value', get('/', 'X-A: \xe4\xf6')),
  valid('two fields of one name', get('/', 'Accept: a', 'Accept: b')),
  valid('two cookies', get('/', 'Cookie: a=1', 'Cookie: b=2')),
  valid('many fields', get('/', ...Array.from({ length: 99 }, (_, index) => `X-${index}: v`))),
  valid('a long field', get('/', `X-A: ${'v'.repeat(8000)}`)),
  valid('a long target', get(`/${'a'.repeat(8000)}`)),
  valid('a body', sized('hello'), { body: 'hello' }),
  valid('an empty body', sized(''), { body: '' }),
  valid('a body with line ends', sized('a\r\n\r\nb'), { body: 'a\r\n\r\nb' }),
  valid('a body that looks like a request', sized(get()), { body: get() }),
  valid('one chunk', chunked('5\r\nhello\r\n0\r\n\r\n'), { body: 'hello' }),
  valid('several chunks', chunked('2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n'), { body: 'hello' }),
  valid('no chunk', chunked('0\r\n\r\n'), { body: '' }),
  valid('a chunk size in capitals', chunked(`A\r\n${'x'.repeat(10)}\r\n0\r\n\r\n`), { body: 'x'.repeat(10) }),
  valid('zeros before a chunk size', chunked('0005\r\nhello\r\n000\r\n\r\n'), { body: 'hello' }),
  valid('a chunk extension', chunked('5;a=b\r\nhello\r\n0\r\n\r\n'), { body: 'hello' }),
  valid('a quoted chunk extension', chunked('5;a="b"\r\nhello\r\n0\r\n\r\n'), { body: 'hello' }),
  valid('a trailer', chunked('1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n'), { body: 'a' }),
  valid('two trailers', chunked('1\r\na\r\n0\r\nX-A: 1\r\nX-B: 2\r\n\r\n'), { body: 'a' }),
  valid('CHUNKED', post('1\r\na\r\n0\r\n\r\n', 'Transfer-Encoding: CHUNKED'), { body: 'a' }),
  // RFC 9112, 3: a recipient may split the line at any run of blanks. Target and version stay what they are.
  valid('two blanks before the target', line('GET  / HTTP/1.1'), { url: '/' }),
  valid('two blanks after the target', line('GET /  HTTP/1.1'), { url: '/' }),
  valid('an empty line before the request', `\r\n${get()}`),
  valid('Connection: close', get('/', 'Connection: close')),
  valid(BEHIND_CLOSE, get('/', 'Connection: close') + get('/behind'), { url: '/' }),
  valid('Connection: keep-alive', get('/', 'Connection: keep-alive')),
  valid('an unknown upgrade', get('/', 'Upgrade-Insecure-Requests: 1')),
]

const bad = (name: string, bytes: string, ...status: number[]): MalformedCase => ({
  name,
  bytes,
  ...(status.length > 0 ? { status } : {}),
})

const BAD_NAMES = ['X A', 'X(A', 'X/A', 'X[A', 'X{A', 'X"A', 'X,A', 'X;A', 'X@A', 'X\x00A', 'X\x7fA', 'X\xe4']
const BAD_LENGTHS = ['+5', '-5', '0x5', '5a', '5,5', '5 5', 'five', '', '5.0', '99999999999999999999999']
const BAD_SIZES = ['', 'g', '-1', '+1', '0x1', ' 1', '1 ', '1,', '1_0', 'fffffffffffffffff', '1\t', '\u00b9']
const BAD_HOSTS = ['a b', 'a,b', 'a/b', 'user@a', 'a?b', 'a#b', '[::1', 'a:b', 'a\\b', '<a>', 'a"b', 'a:1:2']
const BAD_LINES = [
  ...['GET', 'GET /', ' GET / HTTP/1.1', 'GET / HTTP/1.1 x', 'GET\t/ HTTP/1.1'],
  ...[
    'get / HTTP/1.1',
    'G=T / HTTP/1.1',
    'GETX / HTTP/1.1',
    '/ HTTP/1.1',
    'GET a HTTP/1.1',
    'GET ../a HTTP/1.1',
  ],
  ...[
    'GET / http/1.1',
    'GET / HTTP/1',
    'GET / HTTP/1.',
    'GET / HTTP/11',
    'GET / HTTP/1.1.1',
    'GET / HTTP/a.b',
  ],
  ...['GET / XTTP/1.1', 'GET / HTTP /1.1', 'GET /a b HTTP/1.1', 'GET /\x00 HTTP/1.1', 'GET /\x7f HTTP/1.1'],
  ...['GET s://]ufd/: HTTP/1.1', 'GET http:// HTTP/1.1', 'GET http://u@a/ HTTP/1.1', 'GET ftp://a/ HTTP/1.1'],
]

export const MALFORMED: MalformedCase[] = [
  ...BAD_LINES.map((text) => bad(`line ${JSON.stringify(text)}`, line(text))),
  ...['0.9', '1.2', '2.0', '3.0'].map((version) => bad(`HTTP/${version}`, line(`GET / HTTP/${version}`))),
  bad('GET *', line('GET * HTTP/1.1'), 400),
  bad('CONNECT with a path', line('CONNECT / HTTP/1.1'), 0, 400),
  bad('CONNECT without a port', line('CONNECT a HTTP/1.1'), 0, 400),
  bad('a fragment', get('/a#b'), 400),
  bad('a long target', get(`/${'a'.repeat(8200)}`), 414),
  bad('a very long target', get(`/${'a'.repeat(100_000)}`), 414, 431),
  bad('too many fields', get('/', ...Array.from({ length: 100 }, (_, index) => `X-${index}: v`)), 431),
  bad('a field too long', get('/', `X-A: ${'v'.repeat(8190)}`), 431),
  bad('a head too long', get('/', ...Array.from({ length: 50 }, () => `X: ${'v'.repeat(4000)}`)), 431),
  bad('no host', 'GET / HTTP/1.1\r\n\r\n', 400),
  bad('no host, and a request behind', `GET / HTTP/1.1\r\n\r\n${get('/')}`, 400),
  bad('no host, upgrade', 'GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n', 400),
  bad('no host, CONNECT', 'CONNECT a:80 HTTP/1.1\r\n\r\n', 400),
  bad('two hosts', get('/', 'Host: b'), 400),
  bad('the same host twice', get('/', 'Host: a'), 400),
  ...BAD_HOSTS.map((host) => bad(`host ${host}`, `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`, 400)),
  ...BAD_NAMES.map((name) => bad(`name ${JSON.stringify(name)}`, get('/', `${name}: v`), 400)),
  bad('a blank before the colon', get('/', 'X-A : v'), 400),
  bad('no colon', get('/', 'X-A'), 400),
  bad('no name', get('/', ': v'), 400),
  bad('obs-fold', get('/', 'X-A: a\r\n b'), 400),
  bad('obs-fold with a tab', get('/', 'X-A: a\r\n\tb'), 400),
  bad('a blank before the first name', 'GET / HTTP/1.1\r\n Host: a\r\n\r\n', 400),
  bad('NUL in a value', get('/', 'X-A: a\x00b'), 400),
  bad('bare CR in a value', get('/', 'X-A: a\rb'), 400),
  bad('a control character in a value', get('/', 'X-A: a\x01b'), 400),
  bad('bare LF after the request line', 'GET / HTTP/1.1\nHost: a\r\n\r\n', 400),
  bad('bare LF after a field', 'GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n', 400),
  bad(
    'two content types',
    sized('hi').replace('\r\nContent', '\r\nContent-Type: a/b\r\nContent-Type: c/d\r\nContent'),
    400,
  ),
  ...BAD_LENGTHS.map((length) => bad(`length "${length}"`, post('hello', `Content-Length: ${length}`), 400)),
  bad('two lengths', post('hello', 'Content-Length: 5', 'Content-Length: 6'), 400),
  bad('the same length twice', post('hello', 'Content-Length: 5', 'Content-Length: 5'), 400),
  bad('CL.TE', post(`0\r\n\r\n${get('/smuggled')}`, 'Content-Length: 6', 'Transfer-Encoding: chunked'), 400),
  bad('TE.CL', post(`0\r\n\r\n${get('/smuggled')}`, 'Transfer-Encoding: chunked', 'Content-Length: 6'), 400),
  bad('TE in HTTP/1.0', 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400),
  bad('two TEs', post('0\r\n\r\n', 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'), 400),
  bad('TE chunked, chunked', post('0\r\n\r\n', 'Transfer-Encoding: chunked, chunked'), 400, 501),
  bad('TE identity', post('', 'Transfer-Encoding: identity'), 400, 501),
  bad('TE gzip, chunked', post('0\r\n\r\n', 'Transfer-Encoding: gzip, chunked'), 400, 501),
  bad('TE chunked, gzip', post('0\r\n\r\n', 'Transfer-Encoding: chunked, gzip'), 400, 501),
  bad('TE xchunked', post('0\r\n\r\n', 'Transfer-Encoding: xchunked'), 400, 501),
  bad('TE "chunked"', post('0\r\n\r\n', 'Transfer-Encoding: "chunked"'), 400, 501),
  bad('TE with a vertical tab', post('0\r\n\r\n', 'Transfer-Encoding: \x0bchunked'), 400),
  bad('an underscore twin of TE', post('0\r\n\r\n', 'Transfer_Encoding: chunked'), 400),
  bad('an underscore twin of the length', post('hello', 'Content_Length: 5'), 400),
  ...BAD_SIZES.map((size) =>
    bad(`chunk size ${JSON.stringify(size)}`, chunked(`${size}\r\na\r\n0\r\n\r\n`), 400, 413),
  ),
  bad('a chunk longer than it says', chunked('1\r\nab\r\n0\r\n\r\n'), 400),
  bad('LF after a chunk size', chunked('1\na\r\n0\r\n\r\n'), 400),
  bad('LF after a chunk', chunked('1\r\na\n0\r\n\r\n'), 400),
  bad('a huge chunk extension', chunked(`1;${'a'.repeat(20_000)}\r\na\r\n0\r\n\r\n`), 413),
  ...[
    'Host: b',
    'Content-Length: 5',
    'Transfer-Encoding: chunked',
    'Authorization: x',
    'Content-Type: a/b',
  ].map((field) => bad(`trailer ${field}`, chunked(`1\r\na\r\n0\r\n${field}\r\n\r\n`), 400)),
  bad('a trailer with a blank name', chunked('1\r\na\r\n0\r\nX A: 1\r\n\r\n'), 400),
  bad('a malformed request with another behind it', `${line('GET * HTTP/1.1')}${get('/smuggled')}`, 0, 400),
  bad('random bytes', '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03', 400),
  bad('the HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 505),
]
