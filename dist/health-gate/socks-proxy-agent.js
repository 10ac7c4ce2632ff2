"use strict";exports.id=843,exports.ids=[843],exports.modules={843:((d,E,_)=>{_.d(E,{SocksProxyAgent:()=>s.x3});var s=_(694),D=_(869),P=_(98),M=_(434);(0,s.UD)()})};
