package main

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// ginRouter is gin, whose own 404 and 405 nearly read as those of net/http.
func ginRouter() http.Handler {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.HandleMethodNotAllowed = true
	r.GET("/ws", func(c *gin.Context) { gorilla().ServeHTTP(c.Writer, c.Request) })
	r.GET("/private", func(c *gin.Context) { c.AbortWithStatus(http.StatusUnauthorized) })
	r.POST("/posts", func(c *gin.Context) { c.Status(http.StatusNoContent) })
	return r
}
