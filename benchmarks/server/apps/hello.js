export default (request, response) => response.end('hello world')
